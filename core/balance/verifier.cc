#include "balance/verifier.h"

#include <algorithm>
#include <set>

namespace tenon::balance {

namespace {

constexpr std::size_t voters_max = 9;

using Verdict = std::optional<Refused>;

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

Refused refuse(Refusal why, std::string text) {
  return {why, std::move(text)};
}

std::string epoch_text(const kv::Epoch& epoch) {
  return std::to_string(epoch.boundary) + "." + std::to_string(epoch.members);
}

class Check {
 public:
  Check(StoreId store, const View& view, const ViewRange& range)
      : store_(store), view_(view), range_(range), members_(range.what.members) {}

  Verdict operator()(const Transfer& what) const {
    if (Verdict node = may_do_more(what.to)) return node;
    if (!contains(members_.voters, what.to))
      return refuse(Refusal::dead_target, describe(what.to) + " is no voter of the range");
    if (range_.leader == what.to) return refuse(Refusal::no_change, describe(what.to) + " leads already");
    for (const ViewReplica& replica : range_.replicas) {
      if (replica.node != what.to) continue;
      if (!replica.is_usable || replica.is_behind || replica.lag.value_or(0) > lag_max)
        return refuse(Refusal::lagging_target,
                      describe(what.to) + " lacks " + std::to_string(replica.lag.value_or(0)) + " entries");
    }
    return std::nullopt;
  }

  Verdict operator()(const Split& what) const {
    const bool is_inside = what.key.empty() || (what.key > range_.what.begin &&
                                                (range_.what.end.empty() || what.key < range_.what.end));
    if (!is_inside) return refuse(Refusal::key_outside, "the key is not strictly inside the range");
    return std::nullopt;
  }

  Verdict operator()(const Members& what) const {
    if (Verdict list = is_list(what.voters, what.learners)) return list;
    if (what.voters == members_.voters && what.learners == members_.learners)
      return refuse(Refusal::no_change, "the range consists of these already");
    for (const auto* nodes : {&what.voters, &what.learners})
      for (const NodeId node : *nodes)
        if (Verdict one = may_be_member(node)) return one;
    if (range_.leader == NodeId::none || !contains(what.voters, range_.leader))
      return refuse(Refusal::leader_removed, range_.leader == NodeId::none
                                                 ? "nobody leads the range"
                                                 : describe(range_.leader) + " leads, and would not vote");
    if (!has_quorum(members_.voters) || !has_quorum(what.voters))
      return refuse(Refusal::no_quorum, "less than a majority of the voters is alive");
    return std::nullopt;
  }

  Verdict operator()(const Merge& what) const {
    const ViewRange* other = view_.range(what.other);
    if (!other || other->what.store != store_)
      return refuse(Refusal::unknown_range, "there is no range " + std::to_string(what.other) + " beside it");
    if (other->what.epoch != what.other_epoch)
      return refuse(Refusal::stale, "range " + std::to_string(what.other) + " has the epoch " +
                                        epoch_text(other->what.epoch));
    if (range_.what.end.empty() || other->what.begin != range_.what.end)
      return refuse(Refusal::gap, "range " + std::to_string(what.other) + " does not begin where it ends");
    if (other->what.members.voters != members_.voters || other->what.members.learners != members_.learners)
      return refuse(Refusal::members_wrong,
                    "range " + std::to_string(what.other) + " has other members than this one");
    return std::nullopt;
  }

  Verdict operator()(const Recover& what) const {
    if (Verdict list = is_list(what.voters, {})) return list;
    if (range_.leader != NodeId::none)
      return refuse(Refusal::no_evidence, describe(range_.leader) + " leads the range");
    for (const NodeId node : what.voters) {
      if (Verdict live = is_live(node)) return live;
      if (!contains(members_.voters, node))
        return refuse(Refusal::dead_target, describe(node) + " is no voter of the range");
    }
    if (has_quorum(members_.voters))
      return refuse(Refusal::no_evidence, "a majority of the voters is alive and can elect a leader");
    // Who was missing then may have its majority; what speaks against those that are missing now says nothing
    // of that.
    if (range_.is_provisional)
      return refuse(Refusal::provisional,
                    "the range was recovered on nothing but silence already: an operator has to decide");
    return are_missing(what);
  }

  Verdict operator()(const Unknown& what) const {
    return refuse(Refusal::unknown_kind, "there is no command of kind " + std::to_string(what.kind));
  }

 private:
  bool is_alive(NodeId id) const {
    const ViewNode* node = view_.node(id);
    return node && node->is_alive;
  }
  Verdict is_live(NodeId id) const {
    const ViewNode* node = view_.node(id);
    if (!node) return refuse(Refusal::unknown_node, "there is no node " + describe(id));
    if (!node->is_alive) return refuse(Refusal::dead_target, describe(id) + " is gone");
    return std::nullopt;
  }
  // Lead, or have one more replica.
  Verdict may_do_more(NodeId id) const {
    if (Verdict live = is_live(id)) return live;
    if (view_.node(id)->is_draining) return refuse(Refusal::dead_target, describe(id) + " is drained");
    return std::nullopt;
  }
  // Who has a replica may keep it while he is away.
  Verdict may_be_member(NodeId id) const {
    if (kv::has_member(members_, id)) return std::nullopt;
    if (Verdict node = may_do_more(id)) return node;
    if ((view_.node(id)->stores & bit_of(store_)) == 0)
      return refuse(Refusal::dead_target, describe(id) + " takes no replicas of the store");
    return std::nullopt;
  }
  static Verdict is_list(const std::vector<NodeId>& voters, const std::vector<NodeId>& learners) {
    std::set<NodeId> all(voters.begin(), voters.end());
    all.insert(learners.begin(), learners.end());
    if (voters.empty() || all.contains(NodeId::none) || all.size() != voters.size() + learners.size())
      return refuse(Refusal::members_wrong, "nobody would vote, or a node stands twice");
    if (voters.size() > voters_max)
      return refuse(Refusal::members_wrong, std::to_string(voters.size()) + " voters are too many");
    return std::nullopt;
  }
  bool has_quorum(const std::vector<NodeId>& voters) const {
    const auto alive =
        std::count_if(voters.begin(), voters.end(), [this](NodeId node) { return is_alive(node); });
    return static_cast<std::size_t>(alive) > voters.size() / 2;
  }
  // All others are gone, and with proof there is more against each than its silence.
  Verdict are_missing(const Recover& what) const {
    for (const NodeId voter : members_.voters) {
      if (contains(what.voters, voter)) continue;
      const ViewNode* node = view_.node(voter);
      if (!node) return refuse(Refusal::unknown_node, "there is no node " + describe(voter));
      if (node->is_alive) return refuse(Refusal::no_evidence, describe(voter) + " is there");
      if (what.has_proof && node->evidence == Evidence::none)
        return refuse(Refusal::no_evidence, "nothing speaks against " + describe(voter) + " but its silence");
    }
    return std::nullopt;
  }

  const StoreId store_;
  const View& view_;
  const ViewRange& range_;
  const kv::Members& members_;
};

}  // namespace

std::string_view to_string(Refusal refusal) {
  constexpr std::array<std::string_view, refusal_count> words = {
      "unknown_kind", "unknown_range", "other_store",    "twice",         "stale",          "no_change",
      "unknown_node", "dead_target",   "lagging_target", "members_wrong", "leader_removed", "no_quorum",
      "key_outside",  "gap",           "no_evidence",    "flip_flop",     "provisional"};
  return words[static_cast<std::size_t>(refusal)];
}

std::optional<Refused> verify(const Command& command, StoreId store, const View& view,
                              const ViewRange* range) {
  if (!range) return refuse(Refusal::unknown_range, "there is no range " + std::to_string(command.range));
  if (range->what.store != store)
    return refuse(Refusal::other_store,
                  "the range is of the store " + std::string(kv::to_string(range->what.store)));
  if (range->what.epoch != command.epoch)
    return refuse(Refusal::stale, "the range has the epoch " + epoch_text(range->what.epoch) + ", not " +
                                      epoch_text(command.epoch));
  return std::visit(Check(store, view, *range), command.what);
}

std::optional<std::string> fault_of_layout(const View& view, StoreId store) {
  std::string next;
  bool is_first = true;
  bool is_whole = false;
  for (const ViewRange& range : view.ranges) {
    if (range.what.store != store) continue;
    const bool follows = is_first ? range.what.begin.empty() : !is_whole && range.what.begin == next;
    if (!follows) return "range " + std::to_string(range.id) + " does not begin where the one before it ends";
    is_first = false;
    next = range.what.end;
    is_whole = next.empty();
  }
  if (is_first) return "there are no ranges";
  return is_whole ? std::nullopt : std::optional<std::string>("the last range does not reach to the end");
}

}  // namespace tenon::balance
