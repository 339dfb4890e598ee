#include "node/followed_ranges.h"

namespace tenon::node {

namespace {

constexpr std::int64_t leaderless_wait_ns = 2 * ns_per_s;

}  // namespace

void FollowedRanges::caught_up(const kv::RangeId& range, MonoNs now_ns) {
  Replica& replica = ranges_[range];
  replica.had_all = replica.has_all = true;
  replica.since_ns = now_ns;
}

void FollowedRanges::fell_behind(const kv::RangeId& range, MonoNs now_ns) {
  Replica& replica = ranges_[range];
  replica.has_all = false;
  replica.since_ns = now_ns;
}

void FollowedRanges::leader_changed(const kv::RangeId& range, bool is_led, MonoNs now_ns) {
  Replica& replica = ranges_[range];
  replica.is_led = is_led;
  replica.since_ns = now_ns;
}

bool FollowedRanges::counts(const Replica& replica, MonoNs now_ns) {
  if (replica.has_all) return true;
  return replica.had_all && !replica.is_led && now_ns - replica.since_ns >= leaderless_wait_ns;
}

bool FollowedRanges::counts(const kv::RangeId& range, MonoNs now_ns) const {
  const auto found = ranges_.find(range);
  return found != ranges_.end() && counts(found->second, now_ns);
}

}  // namespace tenon::node
