#include "sim/simulation.h"

#include <algorithm>

#include "service/inbox/inbox_key.h"
#include "store/founding.h"

namespace tenon::sim {
namespace {

// What was asked for before the world healed has had its end by then.
constexpr std::int64_t settle_ns = 20 * ns_per_s;
constexpr std::int64_t drain_max_ns = 60 * ns_per_s;
constexpr std::int64_t look_interval_ns = 500 * ns_per_ms;

bool may_fail_storage(FaultKind kind) {
  return kind == FaultKind::disk_full || kind == FaultKind::sync_error || kind == FaultKind::write_error;
}

}  // namespace

Simulation::Simulation(const Workload& workload, std::uint64_t seed, const PluginFiles& plugins,
                       bool is_shown)
    : workload_(workload),
      world_(seed, is_shown),
      setup_{plugins},
      network_(world_, workload.network),
      agreement_(world_),
      replicas_(world_),
      inboxes_(world_),
      split_keys_(service::inbox::split_points(workload.range_count)),
      clients_{world_, nodes_, inboxes_},
      faults_(world_, network_, nodes_, workload.faults) {
  make_nodes();
  make_clients();
}

Simulation::~Simulation() = default;

void Simulation::make_nodes() {
  test::SimRandom random = world_.random_for("ids");
  for (std::uint32_t i = 0; i < workload_.node_count; ++i)
    setup_.nodes.push_back(kv::NodeId{random.next() | 1});
  setup_.first_ranges = store::first_ranges(kv::StoreId::inbox, split_keys_, {.voters = setup_.nodes});
  setup_.engine_options = workload_.engine_options;
  setup_.log_options = workload_.log_options;
  setup_.replicas = workload_.replicas;
  setup_.log_writer = workload_.log_writer;
  constexpr std::int64_t late_ns = 100 * ns_per_ms;
  if (workload_.mistake == Mistake::skip_sync) setup_.journal_sync_late_ns = 0;
  if (workload_.mistake == Mistake::late_sync) setup_.journal_sync_late_ns = late_ns;
  setup_.applies_twice = workload_.mistake == Mistake::apply_twice;
  agreement_.set_storage_trouble(
      std::any_of(workload_.faults.begin(), workload_.faults.end(),
                  [](const FaultRate& rate) { return may_fail_storage(rate.kind); }));
  for (std::uint32_t i = 0; i < workload_.node_count; ++i) {
    nodes_.push_back(std::make_unique<SimNode>(world_, network_, setup_, agreement_, i));
    network_.add(*nodes_.back());
  }
}

void Simulation::make_clients() {
  Publisher::Options options = workload_.publisher;
  options.takes_asking_for_done = workload_.mistake == Mistake::early_answer;
  const std::uint32_t publishers = workload_.publishers_per_node * workload_.node_count;
  for (std::uint32_t i = 0; i < publishers; ++i)
    publishers_.push_back(std::make_unique<Publisher>(clients_, i, options));
  for (std::uint32_t i = 0; i < workload_.client_count; ++i)
    sessions_.push_back(std::make_unique<SessionClient>(clients_, i, workload_.client));
}

void Simulation::look_at_replicas() {
  for (const auto& node : nodes_) replicas_.look_at(*node);
  world_.events().after(look_interval_ns, [this] { look_at_replicas(); });
}

void Simulation::run_for(std::int64_t for_ns) {
  const MonoNs end_ns = world_.now_ns() + for_ns;
  while (!world_.has_failed() && world_.events().step(end_ns)) {
  }
}

bool Simulation::is_drained() const {
  return std::all_of(sessions_.begin(), sessions_.end(),
                     [](const auto& session) { return session->is_drained(); });
}

void Simulation::drain() {
  for (const auto& session : sessions_) session->drain();
  const MonoNs end_ns = world_.now_ns() + drain_max_ns;
  while (!world_.has_failed() && !is_drained() && world_.events().step(end_ns)) {
  }
  if (!world_.has_failed() && !is_drained())
    world_.fail("the world is whole again, and inboxes can't be fetched");
}

Report Simulation::run() {
  for (const auto& node : nodes_) node->start();
  for (const auto& publisher : publishers_) publisher->start();
  for (const auto& session : sessions_) session->start();
  look_at_replicas();
  faults_.start();
  run_for(workload_.run_ns);
  faults_.heal();
  clients_.is_closing = true;
  run_for(settle_ns);
  agreement_.set_storage_trouble(false);
  if (!world_.has_failed()) drain();
  return {world_.failures(),
          world_.trace().digest(),
          world_.now_ns(),
          world_.trace().event_count(),
          faults_.count(),
          network_.delivered_count(),
          agreement_.committed_count(),
          agreement_.term_count(),
          inboxes_.acknowledged_count(),
          inboxes_.seen_count(),
          replicas_.compared_count()};
}

}  // namespace tenon::sim
