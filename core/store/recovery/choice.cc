#include "store/recovery/choice.h"

#include <algorithm>
#include <tuple>

#include "store/majority.h"
#include "store/orders/order.h"

namespace tenon::store {

namespace {

using Holders = std::map<NodeId, HeldReplica>;

Error refusal(const std::string& why) {
  return {Errc::busy, why};
}

// Of the latest incarnation: earlier ones are over.
Holders holders_of(const RecoveryFacts& facts) {
  Holders holders;
  std::uint64_t latest = 0;
  for (const auto& [node, held] : facts.answers)
    if (held) latest = std::max(latest, held->id.incarnation);
  for (const auto& [node, held] : facts.answers)
    if (held && held->id.incarnation == latest) holders.emplace(node, *held);
  return holders;
}

std::size_t count_in(const std::vector<NodeId>& nodes, const Holders& holders) {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [&](NodeId node) { return holders.contains(node); }));
}

std::vector<NodeId> those_in(const std::vector<NodeId>& nodes, const Holders& holders) {
  std::vector<NodeId> there;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(there),
               [&](NodeId node) { return holders.contains(node); });
  std::sort(there.begin(), there.end());
  return there;
}

// Who leads, as a holder knows; nobody, if that one says that it does not, and knows of no earlier term. One
// that only learns is not told when a leader gives up.
NodeId leader_of(const HeldReplica& held, const RecoveryFacts& facts) {
  const auto word = facts.answers.find(held.leader);
  if (word == facts.answers.end()) return held.leader;
  const std::optional<HeldReplica>& itself = word->second;
  const bool leads = itself && (itself->leader == held.leader || itself->term < held.term);
  return leads ? held.leader : NodeId::none;
}

// By what it holds, and where that is the same by whether it votes: one that only learns may still take one
// for the leader that has given up.
auto rank_of(NodeId node, const HeldReplica& held) {
  const auto& voters = held.descriptor.members.voters;
  return std::tuple(held.last.term, held.last.index, std::binary_search(voters.begin(), voters.end(), node));
}

}  // namespace

Result<RecoveryChoice> choose_survivor(const RecoveryFacts& facts) {
  if (!facts.silent.empty())
    return refusal("node " + describe(*facts.silent.begin()) +
                   " is linked and does not say what it holds: it may be what goes furthest");
  const Holders holders = holders_of(facts);
  if (holders.empty()) return refusal("no node that is linked holds anything of the range");
  RecoveryChoice choice;
  for (const auto& [node, held] : holders) {
    if (const NodeId leader = leader_of(held, facts); leader != NodeId::none)
      return refusal("node " + describe(leader) + " leads the range, as node " + describe(node) + " knows");
    if (held.is_frozen)
      return refusal("the range is to be part of its left neighbour: recover that one first");
    if (choice.survivor == NodeId::none || rank_of(node, held) > rank_of(choice.survivor, choice.held)) {
      choice.survivor = node;
      choice.held = held;
    }
    choice.term = std::max({choice.term, held.term, held.last.term});
    choice.committed = std::max(choice.committed, held.committed);
  }
  const kv::Members& members = choice.held.descriptor.members;
  if (members.voters.empty())
    return refusal("node " + describe(choice.survivor) +
                   " goes furthest and names no voters: whether they have a majority can't be told");
  if (is_quorum(members, [&](NodeId node) { return holders.contains(node); }))
    return refusal("the range has its majority: " + std::to_string(count_in(members.voters, holders)) +
                   " of " + std::to_string(members.voters.size()) +
                   " voters are there, and elect a leader by themselves");
  choice.members.voters = those_in(members.voters, holders);
  choice.members.learners = those_in(members.learners, holders);
  // One that only learned votes from now on.
  std::erase(choice.members.learners, choice.survivor);
  if (!std::binary_search(choice.members.voters.begin(), choice.members.voters.end(), choice.survivor)) {
    choice.members.voters.push_back(choice.survivor);
    std::sort(choice.members.voters.begin(), choice.members.voters.end());
  }
  return choice;
}

}  // namespace tenon::store
