#include "support/balance/cluster_model.h"

#include <algorithm>
#include <set>

namespace tenon::test {

using balance::ViewNode;
using balance::ViewRange;

ClusterModel::ClusterModel(std::size_t nodes, std::uint64_t seed) : random_(seed) {
  view_.now_ms = 1'000'000;
  view_.seed = seed;
  for (std::size_t i = 0; i < nodes; ++i) add_node();
  for (ViewNode& one : view_.nodes) one.since_ms = 0;
}

void ClusterModel::add_node() {
  ViewNode& one = view_.nodes.emplace_back();
  one.id = node(view_.nodes.size());
  one.is_alive = true;
  one.since_ms = view_.now_ms;
  one.cores = 4;
  one.stores = balance::all_stores;
}

void ClusterModel::add_ranges(StoreId store, std::size_t count,
                              const std::function<std::vector<NodeId>(std::size_t number)>& voters_of) {
  for (std::size_t i = 0; i < count; ++i) {
    ViewRange& range = view_.ranges.emplace_back();
    range.id = ++last_range_;
    range.what.store = store;
    range.what.epoch = {1, 1};
    const std::string text = std::to_string(i);
    if (i > 0) range.what.begin = std::string(8 - text.size(), '0') + text;
    const std::string next = std::to_string(i + 1);
    if (i + 1 < count) range.what.end = std::string(8 - next.size(), '0') + next;
    const auto chosen = voters_of(i);
    range.leader = chosen.front();
    range.what.members.voters = chosen;
  }
  view_.sort();
  for (ViewRange& range : view_.ranges) tell(range);
}

std::vector<NodeId> ClusterModel::random_voters(std::size_t count) {
  std::vector<NodeId> chosen;
  while (chosen.size() < count) {
    const NodeId one = node(1 + random_() % view_.nodes.size());
    if (std::find(chosen.begin(), chosen.end(), one) == chosen.end()) chosen.push_back(one);
  }
  return chosen;
}

ViewNode* ClusterModel::find(NodeId id) {
  return &view_.nodes.at(static_cast<std::uint64_t>(id) - 1);
}

bool ClusterModel::is_alive(NodeId id) const {
  return view_.nodes.at(static_cast<std::uint64_t>(id) - 1).is_alive;
}

void ClusterModel::kill(NodeId id) {
  *find(id) = {id, false, view_.now_ms, find(id)->zone, 4, balance::all_stores, {}, {}};
  for (ViewRange& range : view_.ranges) {
    if (range.leader == id) elect(range);
    tell(range);
  }
}

void ClusterModel::restart(NodeId id) {
  ViewNode& one = *find(id);
  one.is_alive = true;
  one.since_ms = view_.now_ms;
  for (ViewRange& range : view_.ranges) {
    if (range.leader == NodeId::none) elect(range);
    tell(range);
  }
}

// By a majority of the voters; any of those that are there.
void ClusterModel::elect(ViewRange& range) {
  std::vector<NodeId> there;
  for (const NodeId voter : range.what.members.voters)
    if (is_alive(voter)) there.push_back(voter);
  const bool is_majority = there.size() > range.what.members.voters.size() / 2;
  range.leader = is_majority ? there[random_() % there.size()] : NodeId::none;
  range.leader_since_ms = view_.now_ms;
}

void ClusterModel::tell(ViewRange& range) {
  range.replicas.clear();
  for (const auto* nodes : {&range.what.members.voters, &range.what.members.learners})
    for (const NodeId one : *nodes)
      if (is_alive(one)) range.replicas.push_back({one, true, false, 1, 100, 0});
}

void ClusterModel::give(std::uint64_t number, const balance::Command& command, StoreId, std::string_view) {
  const bool is_move = std::holds_alternative<balance::Members>(command.what);
  orders_.push_back({number, command, view_.now_ms + (is_move ? 3000 : 1000)});
}

bool ClusterModel::apply(ViewRange& range, const balance::Command& command) {
  if (range.what.epoch != command.epoch || range.leader == NodeId::none) return false;
  if (const auto* transfer = std::get_if<balance::Transfer>(&command.what)) {
    const auto& voters = range.what.members.voters;
    if (!is_alive(transfer->to) || std::find(voters.begin(), voters.end(), transfer->to) == voters.end())
      return false;
    range.leader = transfer->to;
    range.leader_since_ms = view_.now_ms;
    return true;
  }
  if (const auto* members = std::get_if<balance::Members>(&command.what)) {
    for (const NodeId one : members->voters)
      if (!is_alive(one) && !kv::has_member(range.what.members, one)) return false;
    range.what.members.voters = members->voters;
    range.what.members.learners = members->learners;
    ++range.what.epoch.members;
    tell(range);
    return true;
  }
  return false;
}

void ClusterModel::carry_out(const Order& order, balance::Controller& controller) {
  const auto range = std::find_if(view_.ranges.begin(), view_.ranges.end(),
                                  [&](const ViewRange& one) { return one.id == order.command.range; });
  const bool is_done = range != view_.ranges.end() && apply(*range, order.command);
  if (is_done) ++counts_[std::string(balance::kind_of(order.command))];
  controller.ended(order.number, is_done, is_done ? "done" : "stale", "", view_.now_ms);
}

void ClusterModel::step(balance::Controller& controller) {
  view_.now_ms += 1000;
  std::vector<Order> due;
  for (auto order = orders_.begin(); order != orders_.end();) {
    const bool is_due = order->due_ms <= view_.now_ms;
    if (is_due) due.push_back(*order);
    order = is_due ? orders_.erase(order) : std::next(order);
  }
  for (const Order& order : due) carry_out(order, controller);
  controller.plan(view_);
  if (!due.empty()) check();
}

// No range may have a node twice, or a leader that does not vote.
void ClusterModel::check() {
  for (const ViewRange& range : view_.ranges) {
    const auto& members = range.what.members;
    std::set<NodeId> all(members.voters.begin(), members.voters.end());
    all.insert(members.learners.begin(), members.learners.end());
    const bool votes = range.leader == NodeId::none ||
                       std::binary_search(members.voters.begin(), members.voters.end(), range.leader);
    if (all.size() != members.voters.size() + members.learners.size() || !votes)
      faults_.push_back("range " + std::to_string(range.id));
  }
}

void ClusterModel::run(balance::Controller& controller, std::size_t seconds) {
  for (std::size_t i = 0; i < seconds; ++i) step(controller);
}

std::int64_t ClusterModel::run_until_rest(balance::Controller& controller, std::size_t seconds_max,
                                          std::size_t quiet) {
  std::size_t quiet_for = 0;
  for (std::size_t second = 0; second < seconds_max; ++second) {
    step(controller);
    quiet_for = orders_.empty() && controller.in_flight() == 0 ? quiet_for + 1 : 0;
    if (quiet_for == quiet) return static_cast<std::int64_t>(second + 1 - quiet);
  }
  return -1;
}

std::uint64_t ClusterModel::count(std::string_view kind) const {
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

std::map<NodeId, std::uint64_t> ClusterModel::leaders() const {
  std::map<NodeId, std::uint64_t> counts;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) counts[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.leader != NodeId::none) ++counts[range.leader];
  return counts;
}

std::map<NodeId, std::uint64_t> ClusterModel::voters(StoreId store) const {
  std::map<NodeId, std::uint64_t> counts;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) counts[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.what.store == store)
      for (const NodeId voter : range.what.members.voters)
        if (is_alive(voter)) ++counts[voter];
  return counts;
}

std::map<NodeId, std::uint64_t> ClusterModel::loads() const {
  std::map<NodeId, std::uint64_t> loads;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) loads[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.leader != NodeId::none) loads[range.leader] += range.bytes_per_s;
  return loads;
}

std::uint64_t ClusterModel::spread_of(const std::map<NodeId, std::uint64_t>& counts) const {
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), by_count);
  return most->second - least->second;
}

std::uint64_t ClusterModel::least_moves(const std::map<NodeId, std::uint64_t>& counts) const {
  std::uint64_t total = 0;
  for (const auto& [id, count] : counts) total += count;
  const std::uint64_t least = total / counts.size();
  const std::uint64_t most = (total + counts.size() - 1) / counts.size();
  std::uint64_t above = 0;
  std::uint64_t below = 0;
  for (const auto& [id, count] : counts) {
    above += count > most ? count - most : 0;
    below += count < least ? least - count : 0;
  }
  return std::max(above, below);
}

}  // namespace tenon::test
