#include "store/orders/members_work.h"

#include <algorithm>
#include <set>
#include <string>

namespace tenon::store {

namespace {

std::string list_of(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : " ") + describe(node);
  return text.empty() ? "none" : text;
}

std::string text_of(const kv::Members& members) {
  return "voters: " + list_of(members.voters) + "; learners: " + list_of(members.learners);
}

}  // namespace

MembersWork::MembersWork(const ChangeMembers& what) : target_{what.voters, {}, what.learners} {
  std::sort(target_.voters.begin(), target_.voters.end());
  std::sort(target_.learners.begin(), target_.learners.end());
}

bool MembersWork::makes_sense() const {
  std::set<NodeId> all(target_.voters.begin(), target_.voters.end());
  all.insert(target_.learners.begin(), target_.learners.end());
  return !target_.voters.empty() && !all.contains(NodeId::none) &&
         all.size() == target_.voters.size() + target_.learners.size();
}

// Others may learn beside them.
std::optional<Answer> MembersWork::answer_if_there(const kv::Members& now) const {
  const bool is_there = now.voters == target_.voters && now.outgoing.empty() &&
                        std::includes(now.learners.begin(), now.learners.end(), target_.learners.begin(),
                                      target_.learners.end());
  return is_there ? std::optional(order_done(text_of(now))) : std::nullopt;
}

// Those without whom it comes to no end. Who votes or learns as it is wanted need not be there.
std::vector<NodeId> MembersWork::away(const OrderPorts& replica, const kv::Members& now) const {
  std::vector<NodeId> nodes;
  const auto add = [&](NodeId node, bool is_in) {
    if (!is_in && !replica.is_there(node)) nodes.push_back(node);
  };
  const auto contains = [](const std::vector<NodeId>& all, NodeId node) {
    return std::find(all.begin(), all.end(), node) != all.end();
  };
  for (const NodeId node : target_.voters)
    add(node, contains(now.voters, node) || contains(now.outgoing, node));
  for (const NodeId node : target_.learners)
    add(node, contains(now.voters, node) || contains(now.outgoing, node) || contains(now.learners, node));
  return nodes;
}

Answer MembersWork::give_up(OrderPorts& replica, std::string why) const {
  replica.want_members(std::nullopt);
  return order_refused("it was given up: " + why + "; " + text_of(replica.range().descriptor().members));
}

std::optional<Answer> MembersWork::step(OrderPorts& replica, MonoNs now_ns) {
  const kv::Members& now = replica.range().descriptor().members;
  const std::string text = text_of(now);
  if (!replica.leads()) {
    // A leader that took itself out has carried the order out with that.
    const auto answer = give_up_ns_ != 0 ? answer_if_there(now) : std::nullopt;
    return answer ? *answer : order_not_leader(replica);
  }
  if (give_up_ns_ == 0) {
    if (!makes_sense()) return order_refused("nobody would vote, or a node stands twice");
    give_up_ns_ = now_ns + patience_ns;
    replica.want_members(target_);
  }
  if (!replica.wanted_members()) return order_done(text);
  if (now_ns >= give_up_ns_) return give_up(replica, "it took too long");
  const std::vector<NodeId> missing = away(replica, now);
  if (missing.empty()) {
    away_since_ns_ = 0;
    return std::nullopt;
  }
  if (away_since_ns_ == 0) away_since_ns_ = now_ns;
  if (now_ns - away_since_ns_ < away_patience_ns) return std::nullopt;
  return give_up(replica, list_of(missing) + " is away");
}

}  // namespace tenon::store
