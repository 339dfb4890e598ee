#include "sim/node/life.h"

#include <stdexcept>
#include <utility>

#include "service/dist/dist_machine.h"
#include "service/inbox/inbox_machine.h"
#include "service/meta/meta_machine.h"
#include "service/retain/retain_machine.h"
#include "sim/node/watched_machine.h"
#include "store/founding.h"
#include "store/snapshot/staging.h"

namespace tenon::sim {
namespace {

constexpr std::int64_t tick_ns = 10 * ns_per_ms;

void require(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().message);
}
template <class T>
T required(Result<T>&& result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

}  // namespace

SimNode::Life::Life(SimNode& node)
    : node_(node),
      engine_plugin_(node.setup_.plugins.engine, host::Kind::storage, node.setup_.engine_options,
                     "/data/engine", services()),
      log_plugin_(node.setup_.plugins.log, host::Kind::log, node.setup_.log_options, "/data/log", services()),
      replication_plugin_(node.setup_.plugins.replication, host::Kind::replication, "{}", "", services()),
      engine_(required(store::Engine::open(engine_plugin_.instance()))),
      journal_(required(store::Journal::open(log_plugin_.instance()))) {
  host::Instance& raft = replication_plugin_.instance();
  probe_.emplace(store::Replication{&raft.replication(), raft.raw(), &raft.tag()}, node.place_,
                 node.observer_);
  // Neither may end this life from within.
  const auto on_durable = [this](std::uint64_t sequence) {
    node_.run([sequence](Life& life) { life.keeper().persisted(sequence); });
  };
  const auto on_failed = [this](const std::string& why) {
    node_.world_.trace().note("journal.failed", {node_.place_}, why);
    replace_later();
  };
  log_.emplace(node.world_, node.machine_.random(), *journal_, node.setup_.log_writer,
               SimLogWriter::Events{on_durable, on_failed});
  const std::vector<kv::RangeRecord> records = found_or_read();
  store::ReplicasOptions options = node.setup_.replicas;
  options.self = node.id();
  options.seed = node.machine_.random().next();
  const kv::SourceId source{node.machine_.random().next() | 1};
  store::PeerPort& peers = *this;
  store::KeeperPorts& ports = *this;
  keeper_ = std::make_unique<store::Keeper>(options, source, probe_->replication(), *journal_, peers, ports,
                                            [this](kv::StoreId store) { return make_machine(store); });
  require(keeper_->open());
  keeper_->tick(node.machine_.clock().mono_ns(), node.machine_.clock().unix_ms());
  join(records);
  after(1 + static_cast<std::int64_t>(node.machine_.random().below(tick_ns)), [this] { tick(); });
}

// Groups and journal are closed before the instances that they came from.
SimNode::Life::~Life() {
  is_ending_ = true;
  keeper_.reset();
  log_.reset();
  probe_.reset();
  journal_.reset();
  engine_.reset();
}

std::vector<kv::RangeRecord> SimNode::Life::found_or_read() {
  require(store::finish_installs(*engine_));
  std::vector<kv::RangeRecord> records = required(store::read_range_records(*engine_));
  if (!records.empty()) return records;
  require(store::write_range_records(*engine_, node_.setup_.first_ranges));
  return node_.setup_.first_ranges;
}

void SimNode::Life::join(const std::vector<kv::RangeRecord>& records) {
  std::map<kv::RangeId, std::string> hard_states;
  std::string damage;
  require(journal_->groups([&](const tenon_log_group& group) {
    if (group.state != TENON_OK) damage = store::to_text(group.damage);
    hard_states[{group.id.range, group.id.incarnation}] = store::to_text(group.hard_state);
  }));
  if (!damage.empty()) throw std::runtime_error(damage);
  for (const kv::RangeRecord& record : records) {
    joining_ = record.id;
    require(keeper_->add(record, *engine_, hard_states[record.id]));
  }
}

std::unique_ptr<kv::Machine> SimNode::Life::make_machine(kv::StoreId) {
  auto machine = std::make_unique<service::inbox::InboxMachine>(node_.machine_.random().next());
  return std::make_unique<WatchedMachine>(std::move(machine), node_.observer_,
                                          WatchedMachine::Place{node_.place_, joining_},
                                          node_.setup_.applies_twice);
}

void SimNode::Life::after(std::int64_t delay_ns, std::function<void()> what) {
  node_.world_.events().after(delay_ns, [gone = std::weak_ptr<bool>(here_), what = std::move(what)] {
    if (!gone.expired()) what();
  });
}

void SimNode::Life::want_turn() {
  if (std::exchange(turn_wanted_, true)) return;
  after(1000 + static_cast<std::int64_t>(node_.machine_.random().below(20'000)), [this] {
    turn_wanted_ = false;
    if (node_.world_.now_ns() >= node_.paused_until_ns_) turn();
  });
}

void SimNode::Life::turn() {
  const bool more = keeper_->turn();
  log_->flush();
  if (more) want_turn();
  for (auto& [ticket, answer] : std::exchange(finished_, {})) {
    const auto asked = node_.asked_.find(ticket);
    if (asked == node_.asked_.end()) continue;
    const Answered answered = std::move(asked->second);
    node_.asked_.erase(asked);
    answered(std::move(answer));
  }
}

void SimNode::Life::tick() {
  after(tick_ns, [this] { tick(); });
  if (node_.world_.now_ns() < node_.paused_until_ns_) return;
  node_.run([this](Life& life) {
    life.keeper().tick(node_.machine_.clock().mono_ns(), node_.machine_.clock().unix_ms());
  });
}

void SimNode::Life::compact(const store::RangeId& range, const kv::LogPoint& base) {
  log_->compact(range, base);
}

void SimNode::Life::engine_failed(const std::string&, const std::string& why) {
  node_.world_.trace().note("engine.failed", {node_.place_}, why);
  replace_later();
}

// Storage that refuses to go on wants a new start of the node, by whoever looks after it.
void SimNode::Life::replace_later() {
  if (std::exchange(is_being_replaced_, true)) return;
  after(draw_delay_ns(node_.machine_.random(), ns_per_s, 10 * ns_per_s), [&owner = node_] {
    owner.crash(CrashKind::kill);
    owner.restart_later(ns_per_ms, ns_per_s);
  });
}

void SimNode::Life::replica_failed(const store::RangeId& range, const std::string& why) {
  if (!is_ending_) node_.observer_.on_replica_failed(node_.place_, range, why);
}

void SimNode::Life::finished(store::Ticket ticket, store::Answer&& answer) {
  finished_.emplace_back(ticket, std::move(answer));
}

void SimNode::Life::leader_changed(const store::RangeId& range, store::NodeId leader) {
  node_.world_.trace().note("range.leader_changed",
                            {node_.place_, range.number, static_cast<std::uint64_t>(leader)});
}

void SimNode::Life::send(store::NodeId to, store::PeerMessage kind, std::string&& body) {
  for (std::uint32_t place = 0; place < node_.setup_.nodes.size(); ++place)
    if (node_.setup_.nodes[place] == to)
      return node_.network_.send(node_.place_, place, kind, std::move(body));
}

}  // namespace tenon::sim
