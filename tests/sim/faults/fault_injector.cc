#include "sim/faults/fault_injector.h"

#include <algorithm>
#include <limits>

#include "sim/checkers/replica_checker.h"

namespace tenon::sim {

FaultInjector::FaultInjector(World& world, Network& network, const Nodes& nodes, const FaultTable& table,
                             const std::vector<kv::RangeRecord>& ranges)
    : world_(world),
      network_(network),
      nodes_(nodes),
      table_(table),
      random_(world.random_for("faults")),
      ranges_(ranges),
      drill_(world, network, nodes),
      silence_(world, network, nodes),
      changes_members_(std::any_of(table.begin(), table.end(), [](const FaultRate& rate) {
        return rate.kind == FaultKind::change_members;
      })) {}

void FaultInjector::start() {
  for (const FaultRate& rate : table_) next(rate);
}

void FaultInjector::next(const FaultRate& rate) {
  const std::int64_t delay_ns =
      rate.every_ns / 4 +
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(rate.every_ns) * 3 / 2));
  world_.events().after(delay_ns, [this, &rate] {
    if (is_over_) return;
    ++count_;
    world_.trace().note("fault", {}, to_string(rate.kind));
    inject(rate);
    next(rate);
  });
}

void FaultInjector::end_after(std::int64_t delay_ns, std::function<void()> end) {
  world_.events().after(delay_ns, [this, end = std::move(end)] {
    if (!is_over_) end();
  });
}

void FaultInjector::inject(const FaultRate& rate) {
  const std::int64_t for_ns = duration_ns(rate);
  SimNode& node = any_node();
  switch (rate.kind) {
    case FaultKind::kill:
      return crash(node, CrashKind::kill, for_ns);
    case FaultKind::power_cut:
      return crash(node, CrashKind::power, for_ns);
    case FaultKind::torn_write:
      return crash(node, CrashKind::torn_write, for_ns);
    case FaultKind::blackout:
      for (const auto& one : nodes_) crash(*one, CrashKind::torn_write, duration_ns(rate));
      return;
    case FaultKind::pause:
      return node.pause(for_ns);
    case FaultKind::partition:
      return split(for_ns);
    case FaultKind::one_way:
      return block(node.place(), any_node().place(), for_ns);
    case FaultKind::link_break:
      return break_a_link();
    case FaultKind::slow_network:
      network_.set_slowness(10);
      return end_after(for_ns, [this] { network_.set_slowness(1); });
    case FaultKind::slow_disk:
      node.set_disk_slowness(20);
      return end_after(for_ns, [&node] { node.set_disk_slowness(1); });
    case FaultKind::disk_full:
      return fill_disk(node, for_ns);
    case FaultKind::sync_error:
      return fail_once(node, test::DiskOp::fdatasync);
    case FaultKind::write_error:
      return fail_once(node, test::DiskOp::pwrite);
    case FaultKind::date_jump:
      return jump_date(node, for_ns);
    case FaultKind::drift:
      return node.machine().clock().set_drift(static_cast<std::int64_t>(random_.below(2001)) - 1000);
    case FaultKind::strike_leader:
      at_leader_ = {1 + random_.below(20), for_ns};
      return;
    case FaultKind::strike_voter:
      at_voter_ = {1 + random_.below(3), for_ns};
      return;
    case FaultKind::transfer:
      return transfer();
    case FaultKind::change_members:
      return change_members(false);
    case FaultKind::strike_change:
      at_change_ = {1 + random_.below(4), for_ns};
      return;
    case FaultKind::read_points:
      return ask_for_reads(node, 6);
    case FaultKind::damage_journal:
      return damage_journal(node, for_ns);
    case FaultKind::lose_majority:
      return drill_.begin(for_ns);
    case FaultKind::silence:
      return silence_.begin(for_ns);
    case FaultKind::split:
      return order_split();
    case FaultKind::merge:
      return order_merge();
  }
}

void FaultInjector::crash(SimNode& node, CrashKind kind, std::int64_t away_ns) {
  if (!node.is_up()) return;
  node.crash(kind);
  end_after(away_ns, [&node] { node.start(); });
}

// Each node is on one side or the other.
void FaultInjector::split(std::int64_t for_ns) {
  const std::uint64_t sides = random_.next();
  const auto side_of = [sides](std::size_t place) { return sides >> place & 1; };
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to)
      if (side_of(from) != side_of(to)) block(from, to, for_ns);
}

void FaultInjector::block(std::uint32_t from, std::uint32_t to, std::int64_t for_ns) {
  if (from == to) return;
  network_.block(from, to);
  end_after(for_ns, [this, from, to] { network_.unblock(from, to); });
}

void FaultInjector::break_a_link() {
  const SimNode& a = any_node();
  const SimNode& b = any_node();
  if (&a != &b) network_.break_link(a.place(), b.place());
}

void FaultInjector::fill_disk(SimNode& node, std::int64_t for_ns) {
  test::SimDisk& medium = node.machine().disk().medium();
  medium.set_capacity(medium.used_bytes() + random_.below(4096));
  end_after(for_ns, [&medium] { medium.set_capacity(std::numeric_limits<std::uint64_t>::max()); });
}

void FaultInjector::fail_once(SimNode& node, test::DiskOp op) {
  node.machine().disk().medium().inject({.op = op,
                                         .status = TENON_E_IO,
                                         .path_part = "/data",
                                         .skip_count = random_.below(10),
                                         .fail_count = 1});
}

void FaultInjector::jump_date(SimNode& node, std::int64_t for_ns) {
  constexpr std::int64_t hour_ms = 3'600'000;
  NodeClock& clock = node.machine().clock();
  clock.jump_date(static_cast<std::int64_t>(random_.below(2 * hour_ms)) - hour_ms);
  end_after(for_ns, [&clock] { clock.set_date_right(); });
}

void FaultInjector::on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t) {
  leaders_[range] = node;
}

// The moment has come when the aim has counted down.
void FaultInjector::strike(Aim& aim, std::uint32_t node, std::int64_t within_ns) {
  if (is_over_ || aim.count == 0 || --aim.count > 0) return;
  const std::uint64_t incarnation = nodes_[node]->incarnation();
  world_.events().after(1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(within_ns))),
                        [this, &target = *nodes_[node], incarnation, away_ns = aim.away_ns] {
                          if (!is_over_ && target.incarnation() == incarnation)
                            crash(target, CrashKind::power, away_ns);
                        });
}

// Entries of a leader go out to the others with this turn, and are not yet written here.
void FaultInjector::on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes) {
    const auto leader = leaders_.find({write.group.range, write.group.incarnation});
    const bool changes =
        std::any_of(write.entries, write.entries + write.entry_count,
                    [](const tenon_log_entry& entry) { return entry.type == TENON_ENTRY_MEMBERSHIP; });
    if (changes && leader != leaders_.end() && leader->second == node) strike_change(node);
    if (write.entry_count > 0 && leader != leaders_.end() && leader->second == node)
      return strike(at_leader_, node, 5 * ns_per_ms);
  }
}

void FaultInjector::on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes)
    if (write.entry_count == 0 && (write.flags & TENON_LOG_SET_HARD_STATE) != 0)
      return strike(at_voter_, node, 5 * ns_per_ms);
}

// Hardly anybody else gets to know of the change; the one that does was the leader when it was begun.
void FaultInjector::strike_change(std::uint32_t node) {
  if (is_over_ || at_change_.count == 0 || --at_change_.count > 0) return;
  for (std::uint32_t to = 0; to < nodes_.size(); ++to) block(node, to, at_change_.away_ns);
  at_voter_ = at_leader_ = {};
  const std::uint64_t incarnation = nodes_[node]->incarnation();
  world_.events().after(draw_delay_ns(random_, ns_per_ms, 300 * ns_per_ms),
                        [this, &target = *nodes_[node], incarnation, away_ns = at_change_.away_ns] {
                          if (!is_over_ && target.incarnation() == incarnation)
                            crash(target, CrashKind::kill, away_ns);
                        });
}

void FaultInjector::ask_for_reads(SimNode& node, std::uint32_t count) {
  node.ask_for_reads();
  if (count > 1)
    world_.events().after(draw_delay_ns(random_, 200'000, 20 * ns_per_ms), [this, &node, count] {
      if (!is_over_) ask_for_reads(node, count - 1);
    });
}

// Only where all others have what is lost with it.
void FaultInjector::damage_journal(SimNode& node, std::int64_t away_ns) {
  const bool is_sound = std::all_of(nodes_.begin(), nodes_.end(), [this](const auto& one) {
    if (!one->is_up() || !ReplicaChecker::is_whole(*one)) return false;
    bool is_usable = true;
    one->keeper().replicas().each([&](const store::Replica& replica) {
      const kv::Members& members = replica.range().descriptor().members;
      is_usable = is_usable && one->has_whole_replica(replica.id()) &&
                  members.voters.size() == nodes_.size() && members.outgoing.empty();
    });
    return is_usable;
  });
  if (!is_sound) return;
  crash(node, CrashKind::kill, away_ns);
  damage_segment(node);
}

// Not the newest one, whose end may be missing after any crash.
void FaultInjector::damage_segment(SimNode& node) {
  std::vector<std::string> names;
  (void)node.machine().disk().list("/data/log", [&](std::string_view name, bool is_dir) {
    if (!is_dir && name.size() > 4 && name.substr(name.size() - 4) == ".seg") names.emplace_back(name);
  });
  std::sort(names.begin(), names.end());
  if (names.size() < 2) return;
  const std::string path = "/data/log/" + names[random_.below(names.size() - 1)];
  test::SimDisk& medium = node.machine().disk().medium();
  const std::size_t bytes = medium.content(path).size();
  if (bytes == 0) return;
  const std::uint64_t bit = random_.below(bytes * 8);
  world_.trace().note("journal.damaged", {node.place(), bit / 8}, path);
  medium.flip_bit(path, bit);
}

void FaultInjector::transfer() {
  const kv::RangeRecord& range = ranges_[random_.below(ranges_.size())];
  const auto leader = leaders_.find(range.id);
  const kv::NodeId to = any_node().id();
  if (leader != leaders_.end()) (void)nodes_[leader->second]->transfer(range.id, to);
}

// As whoever gives it does, from what the node knows; whether it comes to anything is not looked at.
void FaultInjector::order(SimNode& node, const kv::RangeId& range, const kv::Epoch& epoch,
                          decltype(store::Order::what) what) {
  store::Request request;
  request.kind = store::Request::Kind::order;
  request.range = range;
  request.text =
      encode(store::Order{random_.next(), range, epoch, "the simulator wants it", std::move(what)});
  node.ask(std::move(request), 30 * ns_per_s, [](const std::optional<store::Answer>&) {});
}

void FaultInjector::order_split() {
  SimNode& node = any_node();
  if (!node.is_up()) return;
  std::vector<const kv::RangeTable::Entry*> ranges;
  node.keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
    if (entry.descriptor.store != kv::StoreId::meta) ranges.push_back(&entry);
  });
  if (ranges.empty()) return;
  const kv::RangeTable::Entry& entry = *ranges[random_.below(ranges.size())];
  order(node, entry.id, entry.descriptor.epoch, store::SplitRange{{}, random_.percent(50)});
}

void FaultInjector::order_merge() {
  SimNode& node = any_node();
  if (!node.is_up()) return;
  std::vector<std::pair<const kv::RangeTable::Entry*, const kv::RangeTable::Entry*>> pairs;
  const store::Ranges& ranges = node.keeper().ranges();
  ranges.each([&](const kv::RangeTable::Entry& left) {
    ranges.each([&](const kv::RangeTable::Entry& right) {
      if (left.descriptor.store == right.descriptor.store && !left.descriptor.end.empty() &&
          left.descriptor.end == right.descriptor.begin)
        pairs.emplace_back(&left, &right);
    });
  });
  if (pairs.empty()) return;
  const auto& [left, right] = pairs[random_.below(pairs.size())];
  order(node, left->id, left->descriptor.epoch, store::MergeRanges{right->id, right->descriptor.epoch});
}

// Few or most are voters, most others learners, and some are none of both.
void FaultInjector::change_members(bool to_all) {
  for (const kv::RangeRecord& range : ranges_) {
    if (!to_all && random_.below(ranges_.size()) != 0) continue;
    kv::Members members;
    const std::uint32_t voters_percent = to_all ? 100 : random_.percent(40) ? 25 : 65;
    for (const auto& node : nodes_) {
      if (random_.percent(voters_percent))
        members.voters.push_back(node->id());
      else if (random_.percent(70))
        members.learners.push_back(node->id());
    }
    const auto leader = leaders_.find(range.id);
    if (members.voters.empty() || leader == leaders_.end()) continue;
    SimNode& node = *nodes_[leader->second];
    const store::Replica* replica = node.is_up() ? node.keeper().replicas().find(range.id) : nullptr;
    const bool is_done = replica && to_all &&
                         replica->range().descriptor().members.voters.size() == nodes_.size() &&
                         replica->range().descriptor().members.outgoing.empty();
    if (!is_done) (void)node.change_members(range.id, members);
  }
  // Until they are, in the end, whom the groups began with.
  if (to_all) world_.events().after(2 * ns_per_s, [this] { change_members(true); });
}

void FaultInjector::heal() {
  is_over_ = true;
  drill_.heal();
  silence_.heal();
  if (changes_members_) world_.events().after(2 * ns_per_s, [this] { change_members(true); });
  network_.heal();
  for (const auto& node : nodes_) {
    test::SimDisk& medium = node->machine().disk().medium();
    medium.clear_faults();
    medium.set_capacity(std::numeric_limits<std::uint64_t>::max());
    node->set_disk_slowness(1);
    node->machine().clock().set_date_right();
    world_.events().after(draw_delay_ns(random_, ns_per_ms, ns_per_s), [&node] { node->start(); });
  }
}

}  // namespace tenon::sim
