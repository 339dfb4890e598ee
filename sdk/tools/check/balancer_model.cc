#include "balancer_model.h"

#include <algorithm>
#include <initializer_list>

namespace tenon::tools {
namespace {

using balance::NodeId;
using balance::StoreId;
using balance::View;
using balance::ViewNode;
using balance::ViewRange;
using Ids = std::initializer_list<std::uint64_t>;

constexpr std::int64_t begun_ms = 3'600'000;

std::vector<NodeId> nodes_of(Ids ids) {
  std::vector<NodeId> nodes;
  for (const std::uint64_t id : ids) nodes.push_back(NodeId{id});
  return nodes;
}

ViewNode& add_node(View& view, std::uint64_t id, const std::string& zone = {}) {
  ViewNode& node = view.nodes.emplace_back();
  node.id = NodeId{id};
  node.is_alive = true;
  node.zone = zone;
  node.cores = 4;
  node.stores = balance::all_stores;
  node.attributes = {{"disk", id % 2 == 0 ? "nvme" : "hdd"}};
  return node;
}

// Behind the last one of its store; it has been like that for long, and all replicas keep up.
ViewRange& add_range(View& view, StoreId store, Ids voters, std::uint64_t leader, Ids learners = {}) {
  std::uint64_t number = 0;
  for (ViewRange& range : view.ranges) {
    if (range.what.store != store) continue;
    ++number;
    if (range.what.end.empty()) range.what.end = std::string(1, static_cast<char>('a' + number));
  }
  ViewRange& range = view.ranges.emplace_back();
  range.id = 100 * static_cast<std::uint64_t>(store) + number;
  range.what.store = store;
  range.what.epoch = {1, 1};
  if (number > 0) range.what.begin = std::string(1, static_cast<char>('a' + number));
  range.what.members.voters = nodes_of(voters);
  range.what.members.learners = nodes_of(learners);
  range.leader = NodeId{leader};
  range.size_bytes = 10u << 20;
  range.commands_per_s = 100;
  range.bytes_per_s = 100'000;
  for (const auto* members : {&range.what.members.voters, &range.what.members.learners})
    for (const NodeId node : *members) range.replicas.push_back({node, true, false, 1, 1000, 0});
  return range;
}

View empty_view() {
  View view;
  view.now_ms = begun_ms;
  view.seed = 7;
  view.wishes[StoreId::inbox] = {3, 0, 4};
  view.wishes[StoreId::dist] = {3, -1, 1};
  return view;
}

View even() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3}) add_node(view, id);
  for (const std::uint64_t leader : {1, 2, 3}) add_range(view, StoreId::inbox, {1, 2, 3}, leader);
  return view;
}

View all_at_one() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3, 4}) add_node(view, id);
  for (int i = 0; i < 6; ++i) add_range(view, StoreId::inbox, {1, 2, 3}, 1);
  return view;
}

View alone() {
  View view = empty_view();
  add_node(view, 1);
  for (int i = 0; i < 4; ++i) add_range(view, StoreId::inbox, {1}, 1);
  return view;
}

View with_one_gone() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3, 4}) add_node(view, id);
  view.nodes[2].is_alive = false;
  for (const std::uint64_t leader : {1, 2, 4}) {
    ViewRange& range = add_range(view, StoreId::inbox, {1, 2, 3}, leader == 4 ? 1 : leader);
    std::erase_if(range.replicas, [](const auto& replica) { return replica.node == NodeId{3}; });
  }
  return view;
}

View without_a_majority() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3}) add_node(view, id).is_alive = id == 1;
  ViewRange& range = add_range(view, StoreId::inbox, {1, 2, 3}, 0);
  range.replicas.resize(1);
  return view;
}

View with_zones() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3, 4, 5, 6}) add_node(view, id, "z" + std::to_string(id / 3));
  for (const std::uint64_t leader : {1, 2, 1, 2}) add_range(view, StoreId::inbox, {1, 2, 6}, leader);
  return view;
}

View with_a_hot_range() {
  View view = even();
  ViewRange& hot = view.ranges[1];
  hot.commands_per_s = 100'000;
  hot.bytes_per_s = 100u << 20;
  hot.size_bytes = 4ull << 30;
  hot.load_key = hot.what.begin + "m";
  return view;
}

View with_learners() {
  View view = empty_view();
  for (const std::uint64_t id : {1, 2, 3, 4, 5}) add_node(view, id);
  add_range(view, StoreId::dist, {1, 2, 3}, 2, {4});
  return view;
}

View with_what_is_not_known() {
  View view = all_at_one();
  for (ViewRange& range : view.ranges) {
    range.size_bytes.reset();
    range.replicas.clear();
  }
  view.nodes[3].stores = 0;
  view.nodes[3].cores = 0;
  view.ranges[0].is_busy = true;
  view.ranges[1].leader = NodeId::none;
  return view;
}

// A key between both, for a range that is to be cut in its middle; empty: none is found.
std::string key_inside(const kv::Descriptor& range) {
  constexpr std::size_t zeros_max = 1000;
  for (std::size_t zeros = 0; zeros < zeros_max; ++zeros) {
    const std::string key = range.begin + std::string(zeros, '\0') + "m";
    if (range.end.empty() || key < range.end) return key;
  }
  return {};
}

}  // namespace

std::vector<BalancerStart> balancer_starts() {
  std::vector<BalancerStart> starts = {
      {"an even cluster", StoreId::inbox, even()},
      {"one node leads all, and one has come", StoreId::inbox, all_at_one()},
      {"a node alone", StoreId::inbox, alone()},
      {"a node is gone for an hour", StoreId::inbox, with_one_gone()},
      {"two of three nodes are gone", StoreId::inbox, without_a_majority()},
      {"two of three zones have all voters", StoreId::inbox, with_zones()},
      {"a range is hot and large", StoreId::inbox, with_a_hot_range()},
      {"learners are missing", StoreId::dist, with_learners()},
      {"much is not known", StoreId::inbox, with_what_is_not_known()},
      {"there is nothing", StoreId::inbox, empty_view()},
  };
  for (BalancerStart& start : starts) start.view.sort();
  return starts;
}

ViewRange* BalancerModel::find(std::uint64_t id) {
  const auto found = std::find_if(view_.ranges.begin(), view_.ranges.end(),
                                  [id](const ViewRange& range) { return range.id == id; });
  return found == view_.ranges.end() ? nullptr : &*found;
}

void BalancerModel::carry_out(const balance::Command& command) {
  ViewRange* range = find(command.range);
  if (!range) return;
  if (const auto* transfer = std::get_if<balance::Transfer>(&command.what)) {
    range->leader = transfer->to;
    range->leader_since_ms = view_.now_ms;
  } else if (const auto* members = std::get_if<balance::Members>(&command.what)) {
    range->what.members.voters = members->voters;
    range->what.members.learners = members->learners;
    ++range->what.epoch.members;
    range->replicas.clear();
    for (const auto* nodes : {&members->voters, &members->learners})
      for (const NodeId node : *nodes)
        if (view_.node(node)->is_alive) range->replicas.push_back({node, true, false, 1, 1000, 0});
  } else if (const auto* cut = std::get_if<balance::Split>(&command.what)) {
    split(*range, *cut);
  } else if (const auto* joined = std::get_if<balance::Merge>(&command.what)) {
    merge(*range, *joined);
  } else if (const auto* recover = std::get_if<balance::Recover>(&command.what)) {
    range->what.members = {recover->voters, {}, {}};
    ++range->what.epoch.members;
    range->leader = recover->voters.front();
    range->leader_since_ms = view_.now_ms;
  }
  view_.sort();
}

void BalancerModel::split(ViewRange& range, const balance::Split& what) {
  const std::string key = what.key.empty() ? key_inside(range.what) : what.key;
  if (key.empty()) return;
  ++range.what.epoch.boundary;
  range.commands_per_s /= 2;
  range.bytes_per_s /= 2;
  if (range.size_bytes) *range.size_bytes /= 2;
  range.load_key.clear();
  range.fanout_key.clear();
  ViewRange right = range;
  for (const ViewRange& other : view_.ranges) right.id = std::max(right.id, other.id + 1);
  right.what.begin = key;
  range.what.end = key;
  view_.ranges.push_back(std::move(right));
}

void BalancerModel::merge(ViewRange& range, const balance::Merge& what) {
  const ViewRange* right = find(what.other);
  if (!right) return;
  range.what.end = right->what.end;
  ++range.what.epoch.boundary;
  range.commands_per_s += right->commands_per_s;
  range.bytes_per_s += right->bytes_per_s;
  if (range.size_bytes) *range.size_bytes += right->size_bytes.value_or(0);
  std::erase_if(view_.ranges, [&](const ViewRange& other) { return other.id == what.other; });
}

std::string BalancerModel::places() const {
  std::string text;
  for (const ViewRange& range : view_.ranges) {
    text +=
        std::to_string(range.id) + " from " + range.what.begin + " led by " + balance::describe(range.leader);
    for (const NodeId node : range.what.members.voters) text += " " + balance::describe(node);
    text += " |";
    for (const NodeId node : range.what.members.learners) text += " " + balance::describe(node);
    text += "\n";
  }
  return text;
}

}  // namespace tenon::tools
