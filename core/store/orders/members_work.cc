#include "store/orders/members_work.h"

#include <algorithm>
#include <set>
#include <string>

namespace tenon::store {

namespace {

// A state may have to be sent to each that is new.
constexpr std::int64_t patience_ns = 300 * ns_per_s;

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
  if (now_ns < give_up_ns_) return std::nullopt;
  replica.want_members(std::nullopt);
  return order_refused("it was given up; " + text);
}

}  // namespace tenon::store
