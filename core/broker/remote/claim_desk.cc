#include "broker/remote/claim_desk.h"

#include <utility>

namespace tenon::broker {
namespace {

// What was sent within this time before the end of a link may not have arrived: above the time that a link
// may be silent.
constexpr std::int64_t doubt_ns = 30 * ns_per_s;
constexpr std::size_t piece_count_max = 1000;

}  // namespace

// Sessions with an inbox are not meant: their range knows who holds them.
ClaimDesk::Verdict ClaimDesk::take(const RemoteClaims& claims) {
  Verdict verdict;
  for (const RemoteClaim& claim : claims.claims) {
    clock_.see(claim.stamp);
    const auto here = clients_.find_stamped(claim.client_id);
    // One that is not in yet will have a higher stamp, and say so.
    if (!here || here->stamp == 0) continue;
    // Who owns the id: whoever is here already, or says so by refusing.
    const std::string& owner = claim.refuses ? claim.user : here->user;
    const bool is_another_users = !owner.empty() && here->user != claim.user;
    const bool is_newer = here->stamp > claim.stamp;
    if (claim.refuses) {
      // A refusal of an earlier connection may come late.
      if (is_newer && is_another_users) verdict.leave.push_back(here->holder);
    } else if (is_another_users || is_newer) {
      verdict.answer.claims.push_back(
          {claim.client_id, here->stamp, here->user, is_another_users && !is_newer});
    } else {
      verdict.give_way.push_back(here->holder);
    }
  }
  return verdict;
}

// The oldest mark stays older than the time in doubt.
void ClaimDesk::tick(MonoNs now_ns) {
  const std::lock_guard lock(mutex_);
  marks_.push_back({now_ns, clock_.highest()});
  while (marks_.size() > 1 && marks_[1].at_ns <= now_ns - doubt_ns) marks_.pop_front();
}

void ClaimDesk::on_peer_up(kv::NodeId node) {
  const std::lock_guard lock(mutex_);
  const auto known = known_until_.find(node);
  missed_[node] = {known == known_until_.end() ? 0 : known->second, 0};
}

// Who has not heard of all yet is told of it all again.
void ClaimDesk::on_peer_down(kv::NodeId node) {
  const std::lock_guard lock(mutex_);
  const bool has_heard = missed_.erase(node) == 0;
  if (has_heard) known_until_[node] = marks_.front().stamp;
}

void ClaimDesk::tell_missed(const Way& way) {
  const std::lock_guard lock(mutex_);
  for (auto& [node, missed] : missed_) {
    RemoteClaims claims;
    const auto add = [&](std::string_view client_id, std::uint64_t stamp, std::string_view user) {
      claims.claims.push_back({std::string(client_id), stamp, std::string(user), false});
    };
    while (missed.next_part < ClientDirectory::part_count && !way.is_congested(node)) {
      clients_.visit_stamped(missed.next_part++, missed.above, add);
      if (claims.claims.size() >= piece_count_max) way.send(node, std::exchange(claims, {}));
    }
    if (!claims.claims.empty()) way.send(node, std::move(claims));
  }
  std::erase_if(missed_, [](const auto& one) { return one.second.next_part == ClientDirectory::part_count; });
}

}  // namespace tenon::broker
