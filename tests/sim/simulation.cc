#include "sim/simulation.h"

#include <algorithm>
#include <map>
#include <set>

#include "service/inbox/inbox_key.h"
#include "sim/cluster/mesh_network.h"
#include "store/founding.h"

namespace tenon::sim {
namespace {

// What was asked for before the world healed has had its end by then.
constexpr std::int64_t settle_ns = 20 * ns_per_s;
constexpr std::int64_t drain_max_ns = 60 * ns_per_s;
constexpr std::int64_t look_interval_ns = 500 * ns_per_ms;
constexpr std::uint64_t events_per_second_max = 2'000'000;

bool may_fail_storage(const Workload& workload) {
  return workload.has_fault(
      {FaultKind::disk_full, FaultKind::sync_error, FaultKind::write_error, FaultKind::damage_journal});
}

bool reshapes(const Workload& workload) {
  return workload.has_fault({FaultKind::split, FaultKind::merge, FaultKind::damage_journal,
                             FaultKind::lose_majority, FaultKind::silence});
}

// As the broker's, with its default silence.
cluster::Mesh::Options mesh_options(Mistake mistake) {
  cluster::Mesh::Options options;
  options.detector.tick_ns = options.limits.ping_ns;
  if (mistake == Mistake::hasty_detector) {
    options.detector.suspect_ns = options.limits.ping_ns;
    options.detector.gone_ns = options.limits.ping_ns * 5 / 4;
  }
  if (mistake == Mistake::no_witnesses) options.detector.witness_count_max = 0;
  if (mistake == Mistake::no_second_dial) options.pauses.first_ns = options.pauses.last_ns = 3600 * ns_per_s;
  return options;
}

MachineMistake machine_mistake(Mistake mistake) {
  switch (mistake) {
    case Mistake::apply_twice:
      return MachineMistake::apply_twice;
    case Mistake::early_expiry:
      return MachineMistake::early_expiry;
    case Mistake::will_twice:
      return MachineMistake::forget_will_done;
    default:
      return MachineMistake::none;
  }
}

}  // namespace

Simulation::Simulation(const Workload& workload, std::uint64_t seed, const PluginFiles& plugins,
                       bool is_shown)
    : workload_(workload),
      world_(seed, is_shown),
      setup_{plugins},
      network_(make_network()),
      agreement_(world_),
      replicas_(world_, reshapes(workload)),
      inboxes_(world_),
      clients_{world_, nodes_, inboxes_},
      faults_(world_, *network_, nodes_, workload.faults, setup_.first_ranges) {
  make_nodes();
  make_clients();
}

Simulation::~Simulation() = default;

std::unique_ptr<Network> Simulation::make_network() {
  const SimNetwork::Options& network = workload_.network;
  if (!workload_.has_mesh) return std::make_unique<SimNetwork>(world_, network);
  membership_ = std::make_unique<MembershipChecker>(world_);
  Wires::Options wires;
  wires.delay_min_ns = network.delay_min_ns;
  wires.delay_max_ns = network.delay_max_ns;
  wires.loss_per_million = network.loss_per_million;
  auto mesh = std::make_unique<MeshNetwork>(world_, wires, mesh_options(workload_.mistake), setup_.nodes,
                                            *membership_);
  mesh_ = mesh.get();
  return mesh;
}

void Simulation::make_nodes() {
  test::SimRandom random = world_.random_for("ids");
  for (std::uint32_t i = 0; i < workload_.node_count; ++i)
    setup_.nodes.push_back(kv::NodeId{random.next() | 1});
  const std::vector<std::string> split_keys = service::inbox::split_points({}, workload_.range_count);
  setup_.first_ranges = store::first_ranges(kv::StoreId::inbox, split_keys, setup_.nodes);
  for (kv::RangeRecord& range : ServiceClients::ranges_of(workload_, {.voters = setup_.nodes}))
    setup_.first_ranges.push_back(std::move(range));
  setup_.engine_options = workload_.engine_options;
  setup_.log_options = workload_.log_options;
  setup_.replication_options = workload_.replication_options;
  setup_.replicas = workload_.replicas;
  if (workload_.acks_by_all && workload_.mistake != Mistake::quorum_acks)
    setup_.replicas.ack_all = {kv::StoreId::dist, kv::StoreId::inbox, kv::StoreId::retain, kv::StoreId::meta};
  setup_.reshapes = reshapes(workload_);
  setup_.may_lack_stores = workload_.has_fault({FaultKind::change_members});
  setup_.numbers_starts = workload_.has_mesh;
  setup_.log_writer = workload_.log_writer;
  constexpr std::int64_t late_ns = 100 * ns_per_ms;
  if (workload_.mistake == Mistake::skip_sync) setup_.journal_sync_late_ns = 0;
  if (workload_.mistake == Mistake::late_sync) setup_.journal_sync_late_ns = late_ns;
  setup_.tells_no_links = workload_.mistake == Mistake::tells_no_links;
  setup_.goes_by_old_routes = workload_.mistake == Mistake::old_routes;
  setup_.hears_no_base = workload_.mistake == Mistake::gives_way;
  setup_.writes_applied_apart = workload_.mistake == Mistake::applied_apart;
  setup_.machine_mistake = machine_mistake(workload_.mistake);
  const bool is_raft = setup_.plugins.speaks_raft;
  logs_ = std::make_unique<LogChecker>(world_, setup_.nodes,
                                       is_raft ? &RaftRules::read_deciders : LogChecker::ReadDeciders());
  observers_.add(*logs_);
  if (is_raft) {
    rules_ = std::make_unique<RaftRules>(world_, *logs_, setup_.nodes);
    observers_.add(*rules_);
  }
  recoveries_ = std::make_unique<RecoveryChecker>(world_, *logs_);
  observers_.add(*recoveries_);
  if (workload_.acks_by_all) {
    acks_ = std::make_unique<AckAllChecker>(world_, *logs_, setup_.nodes, setup_.first_ranges);
    observers_.add(*acks_);
  }
  observers_.add(replicas_);
  observers_.add(agreement_);
  observers_.add(faults_);
  agreement_.set_storage_trouble(may_fail_storage(workload_));
  for (std::uint32_t i = 0; i < workload_.node_count; ++i) {
    nodes_.push_back(std::make_unique<SimNode>(world_, *network_, setup_, observers_, i));
    network_->add(*nodes_.back());
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
  for (std::uint32_t i = 0; i < workload_.ledger_count; ++i)
    ledgers_.push_back(std::make_unique<LedgerClient>(clients_, *recoveries_, i, workload_.ledgers));
  if (workload_.roamers.count > 0) {
    Roamers::Options roamers = workload_.roamers;
    roamers.mistakes = {workload_.mistake == Mistake::keeps_older,
                        workload_.mistake == Mistake::tells_no_missed};
    roamers_ = std::make_unique<Roamers>(clients_, *mesh_, roamers);
  }
  service_ =
      std::make_unique<ServiceClients>(workload_, clients_, *network_, observers_, setup_.first_ranges);
}

void Simulation::look_at_replicas() {
  for (const auto& node : nodes_) replicas_.look_at(*node);
  service_->look();
  if (membership_) membership_->look();
  if (is_settled_) look_at_healed_world();
  world_.events().after(look_interval_ns, [this] { look_at_replicas(); });
}

void Simulation::look_at_healed_world() {
  if (membership_) membership_->look_at_healed_world();
  if (roamers_) roamers_->look_at_healed_world();
}

// A simulation in which things go round in circles would never come to its end.
bool Simulation::step(MonoNs end_ns) {
  if (world_.now_ns() >= counted_until_ns_) {
    counted_until_ns_ = world_.now_ns() + ns_per_s;
    counted_events_ = 0;
    if (told_of_progress_) told_of_progress_();
  }
  if (++counted_events_ > events_per_second_max)
    world_.fail("more than " + std::to_string(events_per_second_max) +
                " events in a second: time stands still");
  return !world_.has_failed() && world_.events().step(end_ns);
}

void Simulation::run_for(std::int64_t for_ns) {
  const MonoNs end_ns = world_.now_ns() + for_ns;
  while (!world_.has_failed() && step(end_ns)) {
  }
}

// All members of a range have applied the same.
bool Simulation::is_level() const {
  std::map<kv::RangeId, std::set<std::uint64_t>> applied;
  for (const auto& node : nodes_) {
    if (!node->is_up() || !ReplicaChecker::is_whole(*node)) return false;
    node->keeper().replicas().each(
        [&](const store::Replica& replica) { applied[replica.id()].insert(replica.held_index()); });
  }
  return std::all_of(applied.begin(), applied.end(), [](const auto& one) { return one.second.size() == 1; });
}

bool Simulation::is_drained() const {
  return std::all_of(sessions_.begin(), sessions_.end(),
                     [](const auto& session) { return session->is_drained(); }) &&
         std::all_of(ledgers_.begin(), ledgers_.end(),
                     [](const auto& ledger) { return ledger->is_drained(); }) &&
         service_->is_drained() && faults_.is_at_rest() && is_level();
}

// Once all has come to its end. Who was removed at the plugin's table, without the store's knowledge, asks
// for votes for ever and lets nobody sleep.
bool Simulation::may_sleep() const {
  return rules_ && !workload_.has_fault({FaultKind::change_members});
}

std::string Simulation::awake_groups() const {
  std::string awake;
  for (const auto& node : nodes_) {
    if (!node->is_up()) continue;
    node->keeper().replicas().each([&](const store::Replica& replica) {
      tenon_group_status status{};
      if (!replica.status(status) || status.quiescent != 0) return;
      awake += " range " + std::to_string(replica.id().number) + " at node " + std::to_string(node->place());
    });
  }
  return awake;
}

void Simulation::await_sleep(const std::string& behind) {
  const MonoNs end_ns = world_.now_ns() + drain_max_ns;
  while (!world_.has_failed() && !awake_groups().empty() && world_.now_ns() < end_ns)
    run_for(look_interval_ns);
  if (const std::string awake = awake_groups(); !world_.has_failed() && !awake.empty())
    world_.fail("nothing is to do behind " + behind + ", and groups stay awake:" + awake);
}

// It comes back by itself.
void Simulation::break_a_link() {
  is_settled_ = false;
  test::SimRandom random = world_.random_for("last link");
  const auto one = static_cast<std::uint32_t>(random.below(nodes_.size()));
  const auto other = static_cast<std::uint32_t>((one + 1 + random.below(nodes_.size() - 1)) % nodes_.size());
  const std::uint64_t generation = network_->generation(one, other);
  network_->break_link(one, other);
  const auto is_back = [&] {
    return network_->generation(one, other) != generation && network_->is_linked(one, other);
  };
  const MonoNs end_ns = world_.now_ns() + drain_max_ns;
  while (!world_.has_failed() && !is_back() && world_.now_ns() < end_ns) run_for(ns_per_ms);
}

void Simulation::fall_asleep() {
  await_sleep("its end");
  if (nodes_.size() < 2) return;
  break_a_link();
  await_sleep("a link that broke while all slept");
}

// The time of a range never goes back: where a leader's date was an hour ahead, what waits for an hour must
// have come to its end, too.
void Simulation::set_dates_far_ahead() {
  constexpr std::int64_t two_hours_ms = 2 * 3'600'000;
  for (const auto& node : nodes_) node->machine().clock().jump_date(two_hours_ms);
}

void Simulation::drain() {
  for (const auto& session : sessions_) session->drain();
  for (const auto& ledger : ledgers_) ledger->drain();
  service_->drain();
  const MonoNs end_ns = world_.now_ns() + drain_max_ns;
  // Looked at from time to time: it takes long.
  while (!world_.has_failed() && !is_drained() && world_.now_ns() < end_ns) run_for(50 * ns_per_ms);
  if (!world_.has_failed() && !is_drained())
    world_.fail("the world is whole again, and not all comes to its end: " +
                std::string(std::all_of(sessions_.begin(), sessions_.end(),
                                        [](const auto& session) { return session->is_drained(); })
                                ? ""
                                : "inboxes can't be fetched, ") +
                service_->still_open() + (is_level() ? "" : ", not all members are level") +
                (faults_.is_at_rest() ? "" : ", recovered ranges lack members"));
  service_->check(world_);
  if (!world_.has_failed() && may_sleep()) fall_asleep();
  if (!world_.has_failed()) recoveries_->check_incarnations(nodes_);
}

Report Simulation::run() {
  for (const auto& node : nodes_) node->start();
  for (const auto& publisher : publishers_) publisher->start();
  for (const auto& session : sessions_) session->start();
  for (const auto& ledger : ledgers_) ledger->start();
  service_->start();
  if (roamers_) roamers_->start();
  look_at_replicas();
  faults_.start();
  run_for(workload_.run_ns);
  faults_.heal();
  clients_.is_closing = true;
  run_for(settle_ns);
  agreement_.set_storage_trouble(false);
  is_settled_ = true;
  look_at_healed_world();
  set_dates_far_ahead();
  if (!world_.has_failed()) drain();
  return {world_.failures(),
          world_.trace().digest(),
          world_.now_ns(),
          world_.trace().event_count(),
          faults_.count(),
          network_->delivered_count(),
          agreement_.committed_count(),
          agreement_.term_count(),
          inboxes_.acknowledged_count(),
          inboxes_.seen_count(),
          replicas_.compared_count(),
          service_->register_operation_count(),
          service_->route_count(),
          service_->will_count(),
          service_->ended_count(),
          agreement_.failed_count(),
          recoveries_->recovery_count(),
          recoveries_->acknowledged_count(),
          recoveries_->lost_count(),
          membership_ ? membership_->gone_count() : 0,
          roamers_ ? roamers_->checker().live_count() : 0,
          roamers_ ? roamers_->checker().taken_over_count() : 0,
          membership_ ? membership_->witnessed_count() : 0};
}

}  // namespace tenon::sim
