#include "sim/node/life.h"

#include <stdexcept>
#include <utility>

#include "kv/senders/source_id.h"
#include "service/dist/dist_machine.h"
#include "service/inbox/inbox_machine.h"
#include "service/meta/meta_machine.h"
#include "service/retain/retain_machine.h"
#include "sim/node/watched_machine.h"
#include "store/founding.h"
#include "store/peer_messages.h"
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
      replication_plugin_(node.setup_.plugins.replication, host::Kind::replication,
                          node.setup_.replication_options, "", services()),
      engine_(required(store::Engine::open(engine_plugin_.instance()))),
      journal_(required(store::Journal::open(log_plugin_.instance()))) {
  host::Instance& raft = replication_plugin_.instance();
  probe_.emplace(store::Replication{&raft.replication(), raft.raw(), &raft.tag()}, node.place_,
                 node.observer_, [this](const kv::RangeId& range) { made_->set_range(range); });
  // None may end this life from within.
  const auto on_written = [this](std::span<const tenon_log_write> writes) {
    node_.observer_.on_log_durable(node_.place_, writes);
  };
  const auto on_durable = [this](std::uint64_t sequence) {
    node_.run([sequence](Life& life) { life.keeper().persisted(sequence); });
  };
  const auto on_failed = [this](const std::string& why) {
    node_.world_.trace().note("journal.failed", {node_.place_}, why);
    replace_later();
  };
  log_.emplace(node.world_, node.machine_.random(), *journal_, node.setup_.log_writer,
               SimLogWriter::Events{on_written, on_durable, on_failed});
  const std::vector<kv::RangeRecord> records = found_or_read();
  store::ReplicasOptions options = node.setup_.replicas;
  options.self = node.id();
  options.seed = node.machine_.random().next();
  const std::uint64_t chance = node.machine_.random().next();
  const kv::SourceId source = node.setup_.numbers_starts
                                  ? kv::make_source(node.id(), node.incarnation_, chance)
                                  : kv::SourceId{chance | 1};
  store::PeerPort& peers = *this;
  store::KeeperPorts& ports = *this;
  keeper_ = std::make_unique<store::Keeper>(options, source, probe_->replication(), *journal_, peers, ports,
                                            [this](kv::StoreId store) { return make_machine(store); });
  if (node.setup_.numbers_starts) keeper_->on_own_start(node.incarnation_);
  require(keeper_->open());
  keeper_->tick(node.machine_.clock().mono_ns(), node.machine_.clock().unix_ms());
  join(records);
  if (node.setup_.writes_applied_apart) look_at_records();
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
  if (!node_.records_before_.empty()) require(store::write_range_records(*engine_, node_.records_before_));
  std::vector<kv::RangeRecord> records = required(store::read_range_records(*engine_));
  // Who has been there before, and holds nothing now, hears from others what it is to hold.
  if (!records.empty() || node_.has_founded_) return records;
  for (const kv::RangeRecord& range : node_.setup_.first_ranges)
    if (kv::has_member(range.descriptor.members, node_.id())) records.push_back(range);
  require(store::write_range_records(*engine_, records));
  node_.has_founded_ = true;
  return records;
}

SimNode::Life::Found SimNode::Life::read_log(const tenon_log_group& group) {
  Found found;
  found.range = {group.id.range, group.id.incarnation};
  found.base = {group.base.index, group.base.term};
  found.hard_state = store::to_text(group.hard_state);
  const tenon_log& log = journal_->table();
  for (std::uint64_t next = group.base.index + 1; next <= group.last.index;) {
    tenon_log_page page{};
    tenon_error error{};
    error.struct_size = sizeof error;
    if (log.read(journal_->handle(), group.id, next, group.last.index + 1, 1 << 20, &page, &error) !=
        TENON_OK)
      throw std::runtime_error("the journal can't be read");
    for (const tenon_log_entry& entry : std::span(page.entries, page.count)) {
      found.data.emplace_back(store::to_text(entry.data));
      found.entries.push_back(entry);
      found.entries.back().data = store::to_abi(found.data.back());
      ++next;
    }
  }
  return found;
}

std::map<kv::RangeId, std::string> SimNode::Life::look_into_journal() {
  std::vector<tenon_log_group> groups;
  std::map<kv::RangeId, std::string> hard_states;
  require(journal_->groups([&](const tenon_log_group& group) {
    const kv::RangeId range{group.id.range, group.id.incarnation};
    if (group.state != TENON_OK) {
      damaged_.emplace(range, store::to_text(group.damage));
      return;
    }
    groups.push_back(group);
    hard_states[range] = store::to_text(group.hard_state);
  }));
  std::deque<Found> all;  // which does not move what others point to
  for (tenon_log_group& group : groups) {
    group.hard_state = store::to_abi(hard_states[{group.id.range, group.id.incarnation}]);
    all.push_back(read_log(group));
  }
  node_.observer_.on_birth(node_.place_);
  for (const Found& found : all)
    node_.observer_.on_log_found(node_.place_, {found.range, found.base, found.entries, found.hard_state});
  return hard_states;
}

void SimNode::Life::join(const std::vector<kv::RangeRecord>& records) {
  hard_states_ = look_into_journal();
  require(keeper_->load_members(*engine_));
  for (const kv::RangeRecord& record : records) {
    if (keeper_->own().is_dropping(record.id)) continue;
    if (const auto damage = damaged_.find(record.id); damage != damaged_.end()) {
      // As a node does: it takes part in nothing until its peers have rebuilt it.
      node_.observer_.on_replica_failed(node_.place_, record.id, damage->second);
      keeper_->own().lost(record);
      continue;
    }
    require(keeper_->add(record, *engine_, hard_states_[record.id]));
  }
}

std::string SimNode::Life::hard_state(const store::RangeId& range) {
  const auto found = hard_states_.find(range);
  return found == hard_states_.end() ? std::string() : found->second;
}

void SimNode::Life::tell_of_ranges(store::NodeId to) {
  keeper_->ranges().each([&](const kv::RangeTable::Entry& entry) {
    send(to, store::PeerMessage::range, store::write_range_message({entry.id, entry.descriptor}));
  });
}

std::unique_ptr<kv::Machine> SimNode::Life::make_bare_machine(kv::StoreId store,
                                                              WatchedMachine::FollowedDigest& ret_followed) {
  const std::uint64_t hash_seed = node_.machine_.random().next();
  switch (store) {
    case kv::StoreId::meta:
      return std::make_unique<service::meta::MetaMachine>();
    case kv::StoreId::dist: {
      ret_followed = [this](const kv::StateView& state) { return routes_.digest(state); };
      return std::make_unique<service::dist::DistMachine>(routes_);
    }
    case kv::StoreId::retain: {
      ret_followed = [this](const kv::StateView& state) { return retained_.digest(state); };
      return std::make_unique<service::retain::RetainMachine>(hash_seed, &retained_);
    }
    case kv::StoreId::inbox:
      break;
  }
  return std::make_unique<service::inbox::InboxMachine>(hash_seed);
}

std::unique_ptr<kv::Machine> SimNode::Life::make_machine(kv::StoreId store) {
  WatchedMachine::FollowedDigest followed;
  auto machine = make_bare_machine(store, followed);
  auto watched = std::make_unique<WatchedMachine>(std::move(machine), node_.observer_,
                                                  WatchedMachine::Place{node_.place_, {}, store},
                                                  node_.setup_.machine_mistake, std::move(followed));
  made_ = watched.get();
  return watched;
}

std::optional<std::uint32_t> SimNode::Life::followed_route(const std::string& key) const {
  return routes_.find(key);
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
  for (const kv::RangeId& range : caught_up_.take()) node_.observer_.on_caught_up(node_.place_, range);
  for (const std::string& notice : std::exchange(notices_, {}))
    node_.observer_.on_notice(node_.place_, notice);
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

void SimNode::Life::look_at_records() {
  node_.records_before_ = std::exchange(node_.records_, required(store::read_range_records(*engine_)));
  after(300 * ns_per_ms, [this] { look_at_records(); });
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
  caught_up_.drop(range);
  if (!is_ending_) node_.observer_.on_replica_failed(node_.place_, range, why);
}

void SimNode::Life::replica_closed(const store::RangeId& range) {
  caught_up_.drop(range);
  if (!is_ending_) node_.observer_.on_replica_closed(node_.place_, range);
}

void SimNode::Life::finished(store::Ticket ticket, store::Answer&& answer) {
  finished_.emplace_back(ticket, std::move(answer));
}

void SimNode::Life::noticed(std::string_view text) {
  notices_.emplace_back(text);
}

void SimNode::Life::fell_behind(const store::RangeId& range) {
  caught_up_.drop(range);
  node_.observer_.on_fell_behind(node_.place_, range);
  if (node_.setup_.goes_by_old_routes) node_.observer_.on_caught_up(node_.place_, range);
}

void SimNode::Life::contact_settled(store::NodeId node) {
  node_.observer_.on_contact_settled(node_.place_, static_cast<std::uint64_t>(node));
}

void SimNode::Life::caught_up(const store::RangeId& range) {
  caught_up_.add(range);
}

void SimNode::Life::recovery_report(const store::RangeId& range, const std::string& what) {
  node_.observer_.on_recovery_report(node_.place_, range, what);
}

// Refused now and then, as by a full disk: then it has to come again.
Result<std::string> SimNode::Life::keep_given_up(const store::GivenUp& given_up) {
  if (++given_up_count_ % 3 == 1) return Error{Errc::no_space, "the disk is full"};
  node_.observer_.on_given_up(node_.place_, given_up);
  return std::string("a report");
}

void SimNode::Life::members_report(const store::RangeId& range, const std::string& what) {
  node_.world_.trace().note("members.report", {node_.place_, range.number}, what);
}

void SimNode::Life::leader_changed(const store::RangeId& range, store::NodeId leader) {
  node_.world_.trace().note("range.leader_changed",
                            {node_.place_, range.number, static_cast<std::uint64_t>(leader)});
}

void SimNode::Life::send(store::NodeId to, store::PeerMessage kind, std::string&& body) {
  if (node_.setup_.tells_no_links && kind == store::PeerMessage::links) return;
  for (std::uint32_t place = 0; place < node_.setup_.nodes.size(); ++place)
    if (node_.setup_.nodes[place] == to)
      return node_.network_.send(node_.place_, place, kind, std::move(body));
}

}  // namespace tenon::sim
