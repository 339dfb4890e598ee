#include "balance/view_builder.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "kv/reshape/recovery.h"

namespace tenon::balance {

// A range while reports of it are put together.
struct ViewBuilder::Draft {
  ViewRange range;
  std::uint64_t incarnation = 0;
  std::uint64_t what_incarnation = 0;  // the one that `range.what` is of
  std::uint64_t leader_term = 0;
  std::set<NodeId> leaders;  // as others know
  std::map<NodeId, ViewReplica> replicas;
  std::vector<ReplicaFacts::Lag> lags;  // by the leader
};

void ViewBuilder::on_link(NodeId node, bool is_up, std::int64_t now_ms) {
  Node& known = nodes_[node];
  if (known.is_up == is_up && known.since_ms != 0) return;
  known.is_up = is_up;
  known.refuses = false;
  known.since_ms = now_ms;
}

void ViewBuilder::on_dial_failed(NodeId node, bool refused) {
  const auto known = nodes_.find(node);
  if (known != nodes_.end() && !known->second.is_up) known->second.refuses = refused;
}

void ViewBuilder::on_facts(NodeId node, NodeFacts&& facts, std::int64_t now_ms) {
  Node& known = nodes_[node];
  if (node == self_ && !known.is_up) on_link(node, true, now_ms);
  // One that was started anew has been there since then, even if its link was not missed.
  if (known.facts.start_number != 0 && facts.start_number > known.facts.start_number) known.since_ms = now_ms;
  known.told_ms = now_ms;
  known.facts = std::move(facts);
}

bool ViewBuilder::has_told(NodeId node, std::int64_t now_ms) const {
  const auto known = nodes_.find(node);
  return known != nodes_.end() && known->second.is_up && known->second.told_ms > now_ms - facts_ms_max;
}

bool ViewBuilder::is_informed(std::int64_t now_ms) const {
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return !entry.second.is_up || entry.second.told_ms > now_ms - facts_ms_max;
  });
}

void ViewBuilder::add_facts(NodeId node, const Node& known, std::map<std::uint64_t, Draft>& drafts) const {
  for (const ReplicaFacts& facts : known.facts.replicas) {
    const auto found = drafts.find(facts.id.number);
    if (found == drafts.end() && !facts.what) continue;
    Draft& draft = found == drafts.end() ? drafts[facts.id.number] : found->second;
    if (facts.id.incarnation < draft.incarnation) continue;
    // What others hold of a former incarnation is over.
    if (facts.id.incarnation > draft.incarnation) {
      draft.replicas.clear();
      draft.range.leader = NodeId::none;
      draft.leader_term = 0;
      draft.leaders.clear();
    }
    draft.incarnation = facts.id.incarnation;
    draft.range.id = facts.id.number;
    draft.replicas[node] = {node, facts.is_usable, false, facts.term, facts.last_index, std::nullopt};
    if (facts.leader != NodeId::none) draft.leaders.insert(facts.leader);
    if (!facts.leads || !facts.what || facts.term < draft.leader_term) continue;
    draft.leader_term = facts.term;
    draft.range.leader = node;
    draft.range.what = *facts.what;
    draft.what_incarnation = facts.id.incarnation;
    draft.range.is_busy = facts.is_busy;
    draft.range.commands_per_s = facts.commands_per_s;
    draft.range.bytes_per_s = facts.bytes_per_s;
    draft.range.size_bytes = facts.size_bytes;
    draft.range.load_key = facts.load_key;
    draft.range.fanout_key = facts.fanout_key;
    draft.range.fanout_count = facts.fanout_count;
    draft.lags = facts.lags;
  }
}

void ViewBuilder::note_leader(ViewRange& range, bool is_led_elsewhere, std::int64_t now_ms) {
  const auto [led, is_new] = led_.try_emplace(range.id, Led{range.leader, now_ms});
  const bool is_led_now = range.leader == NodeId::none && is_led_elsewhere;
  if (!is_new && (led->second.leader != range.leader || is_led_now)) led->second = {range.leader, now_ms};
  range.leader_since_ms = led->second.since_ms;
}

// A node that has a replica and was never linked is gone as from now on.
void ViewBuilder::expect_members(const View& view, std::int64_t now_ms) {
  std::set<NodeId> members;
  for (const ViewRange& range : view.ranges) {
    const kv::Members& of_range = range.what.members;
    for (const auto* nodes : {&of_range.voters, &of_range.outgoing, &of_range.learners})
      members.insert(nodes->begin(), nodes->end());
  }
  for (const NodeId node : members) nodes_.try_emplace(node, Node{false, false, now_ms, INT64_MIN / 2, {}});
  std::erase_if(nodes_, [&](const auto& entry) {
    return !entry.second.is_up && entry.first != self_ && !members.contains(entry.first);
  });
}

void ViewBuilder::add_nodes(View& view) const {
  for (const auto& [id, known] : nodes_) {
    ViewNode& node = view.nodes.emplace_back();
    node.id = id;
    node.is_alive = known.is_up;
    if (!known.is_up && known.refuses) node.evidence = Evidence::refused;
    if (const auto mark = marks_.find(id); mark != marks_.end()) {
      if (!known.is_up && mark->second.is_removed) node.evidence = Evidence::marked;
      node.is_draining = mark->second.is_draining;
      node.is_emptying = mark->second.is_emptying;
    }
    node.since_ms = known.since_ms;
    node.zone = known.facts.zone;
    node.cores = known.facts.cores;
    node.stores = known.facts.stores;
    node.attributes = known.facts.attributes;
  }
}

View ViewBuilder::build(std::span<const KnownRange> ranges, const std::map<StoreId, StoreWish>& wishes,
                        std::uint64_t seed, std::int64_t now_ms) {
  if (now_ms - std::exchange(built_ms_, now_ms) > facts_ms_max) forget_leaders();
  View view;
  view.now_ms = now_ms;
  view.seed = seed;
  view.wishes = wishes;
  std::map<std::uint64_t, Draft> drafts;
  for (const KnownRange& known : ranges) {
    Draft& draft = drafts[known.id.number];
    draft.range.id = known.id.number;
    draft.incarnation = draft.what_incarnation = known.id.incarnation;
    draft.range.what = known.what;
  }
  for (const auto& [node, known] : nodes_)
    if (has_told(node, now_ms)) add_facts(node, known, drafts);
  for (auto& [id, draft] : drafts) {
    for (const auto& lag : draft.lags) {
      ViewReplica& replica = draft.replicas[lag.node];
      replica.node = lag.node;
      replica.lag = lag.entries;
      replica.is_behind = lag.is_behind;
    }
    for (auto& [node, replica] : draft.replicas) draft.range.replicas.push_back(replica);
    // It goes on as an incarnation of which nothing is known but that it is there.
    if (draft.what_incarnation != draft.incarnation) draft.range.is_busy = true;
    draft.range.is_provisional = kv::is_provisional({id, draft.incarnation}, draft.range.what.epoch);
    // Whoever has told says himself whether he leads.
    const bool is_led_elsewhere = std::any_of(draft.leaders.begin(), draft.leaders.end(),
                                              [&](NodeId node) { return !has_told(node, now_ms); });
    note_leader(draft.range, is_led_elsewhere, now_ms);
    view.ranges.push_back(std::move(draft.range));
  }
  std::erase_if(led_, [&](const auto& entry) { return !drafts.contains(entry.first); });
  expect_members(view, now_ms);
  add_nodes(view);
  view.sort();
  return view;
}

}  // namespace tenon::balance
