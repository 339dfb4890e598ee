#include "store/members/plan.h"

#include <algorithm>

#include "store/majority.h"

namespace tenon::store {

namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::vector<NodeId> without(const std::vector<NodeId>& nodes, const std::set<NodeId>& out) {
  std::vector<NodeId> rest;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(rest),
               [&](NodeId node) { return !out.contains(node); });
  return rest;
}

bool can_vote(const MemberFacts& facts, NodeId node) {
  return node == facts.self || (facts.up.contains(node) && !facts.lost.contains(node));
}

bool is_majority_there(const MemberFacts& facts) {
  return is_majority(facts.members.voters, [&](NodeId node) { return can_vote(facts, node); });
}

// Empty: nobody has lost anything, or it can't be helped.
std::optional<kv::Members> without_lost(const MemberFacts& facts) {
  const kv::Members rest{
      without(facts.members.voters, facts.lost), {}, without(facts.members.learners, facts.lost)};
  if (rest == facts.members || rest.voters.empty() || !is_majority_there(facts)) return std::nullopt;
  return rest;
}

// Nodes that should be members, and are none.
std::set<NodeId> missing(const MemberFacts& facts) {
  std::set<NodeId> nodes;
  if (facts.order) {
    nodes.insert(facts.order->voters.begin(), facts.order->voters.end());
    nodes.insert(facts.order->learners.begin(), facts.order->learners.end());
  }
  if (facts.policy.all_learn)
    for (const NodeId node : facts.up)
      if (!facts.policy.excluded.contains(node)) nodes.insert(node);
  if (facts.members.voters.size() < facts.policy.voters) {
    const auto insert = [&](NodeId node) {
      if (!facts.policy.excluded.contains(node)) nodes.insert(node);
    };
    for (const NodeId node : facts.lost) insert(node);
    for (const auto& [node, opened] : facts.opened)
      if (opened.was_lost) insert(node);
  }
  std::erase_if(nodes, [&](NodeId node) {
    return node == facts.self || is_member(facts.members, node) || !facts.up.contains(node);
  });
  return nodes;
}

// In the order's place, with who learns in any case.
kv::Members ordered(const MemberFacts& facts) {
  kv::Members target = *facts.order;
  if (facts.policy.all_learn) {
    const auto stays = [&](NodeId node) {
      return !is_member(target, node) && !facts.policy.excluded.contains(node);
    };
    for (const NodeId node : facts.members.learners)
      if (facts.up.contains(node) && stays(node)) target.learners.push_back(node);
    for (const NodeId node : facts.members.voters)
      if (can_vote(facts, node) && stays(node)) target.learners.push_back(node);
  }
  std::sort(target.voters.begin(), target.voters.end());
  std::sort(target.learners.begin(), target.learners.end());
  return target;
}

bool are_all_members(const MemberFacts& facts) {
  const auto is_in = [&](NodeId node) { return is_member(facts.members, node); };
  return std::all_of(facts.order->voters.begin(), facts.order->voters.end(), is_in) &&
         std::all_of(facts.order->learners.begin(), facts.order->learners.end(), is_in);
}

// Learners that stand for what was lost, as voters as far as such are missing.
kv::Members restored(const MemberFacts& facts) {
  kv::Members target = facts.members;
  for (const auto& [node, opened] : facts.opened) {
    const bool may_vote = opened.was_lost && facts.up.contains(node) && contains(target.learners, node) &&
                          !facts.policy.excluded.contains(node);
    if (!may_vote || target.voters.size() >= facts.policy.voters) continue;
    std::erase(target.learners, node);
    target.voters.push_back(node);
  }
  std::sort(target.voters.begin(), target.voters.end());
  return target;
}

}  // namespace

bool is_member(const kv::Members& members, NodeId node) {
  return contains(members.voters, node) || contains(members.outgoing, node) ||
         contains(members.learners, node);
}

bool is_fulfilled(const MemberFacts& facts) {
  return facts.order && facts.members.outgoing.empty() && ordered(facts) == facts.members;
}

MemberStep plan_members(const MemberFacts& facts) {
  MemberStep step;
  if (!facts.members.outgoing.empty()) return step;
  if (step.change = without_lost(facts); step.change) return step;
  kv::Members grown = facts.members;
  for (const NodeId node : missing(facts)) {
    const auto opened = facts.opened.find(node);
    if (opened == facts.opened.end() || opened->second.epoch != facts.epoch)
      step.to_open.push_back(node);
    else
      grown.learners.push_back(node);
  }
  std::sort(grown.learners.begin(), grown.learners.end());
  if (grown == facts.members) {
    if (!facts.order)
      grown = restored(facts);
    else if (are_all_members(facts))
      grown = ordered(facts);
  }
  if (grown != facts.members) step.change = std::move(grown);
  return step;
}

}  // namespace tenon::store
