#include "broker/durable/will_permits.h"

#include <algorithm>
#include <utility>

namespace tenon::broker {

namespace {

// For so long a refusal is remembered. Wills may wait for longer: whoever knows the client says it again
// before that.
constexpr UnixMs remembered_ms = UnixMs{24} * 3600 * 1000;

}  // namespace

void WillPermits::put(const WillName& will, Permit&& permit) {
  const std::lock_guard lock(mutex_);
  if (permits_.size() >= count_max) permits_.erase(permits_.begin());
  permits_.insert_or_assign(will, std::move(permit));
}

bool WillPermits::is_refused(Permit& permit) {
  if (permit.told_at_ms) return true;
  if (permit.permset.stale() &&
      permit.permset.refresh(permit.username, permit.client_id) == host::Permset::Freshness::revoked)
    return true;
  return !permit.permset.check(host::Action::publish, permit.topic, static_cast<std::uint8_t>(permit.qos),
                               permit.retain);
}

bool WillPermits::is_banned(const Permit& permit, const BanList& bans, UnixMs now_ms) {
  return bans.find({permit.client_id, permit.username, permit.peer_family, permit.peer_addr}, now_ms) !=
         nullptr;
}

// Time alone bans nobody: one look for each list is enough.
bool WillPermits::is_banned_anew(Permit& permit, UnixMs now_ms, std::size_t& looks_left) const {
  if (permit.bans_seen == bans_number_ || looks_left == 0) return false;
  --looks_left;
  permit.bans_seen = bans_number_;
  return is_banned(permit, *bans_, now_ms);
}

bool WillPermits::allows(const WillName& will, const BanList& bans, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  if (refused_.contains(will)) return false;
  const auto known = permits_.find(will);
  return known == permits_.end() || (!is_refused(known->second) && !is_banned(known->second, bans, now_ms));
}

void WillPermits::clear() {
  const std::lock_guard lock(mutex_);
  permits_.clear();
}

void WillPermits::refuse(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  refused_.insert_or_assign(will, now_ms + remembered_ms);
}

void WillPermits::forget(const WillName& will) {
  const std::lock_guard lock(mutex_);
  permits_.erase(will);
  refused_.erase(will);
}

std::vector<WillName> WillPermits::tick(std::shared_ptr<const BanList> bans, UnixMs now_ms) {
  std::vector<WillName> refused;
  const std::lock_guard lock(mutex_);
  if (bans != bans_) ++bans_number_;
  bans_ = std::move(bans);
  std::erase_if(refused_, [&](const auto& one) { return one.second <= now_ms; });
  std::size_t bans_left = ban_looks_max / (1 + bans_->bans().size());
  auto next = permits_.lower_bound(next_);
  for (std::size_t left = std::min(permits_.size(), looked_at_max); left > 0 && !permits_.empty(); --left) {
    if (next == permits_.end()) next = permits_.begin();
    const auto one = next++;
    Permit& permit = one->second;
    if (permit.forget_at_ms <= now_ms) {
      permits_.erase(one);
      continue;
    }
    const bool is_to_tell = permit.told_at_ms ? now_ms - *permit.told_at_ms >= remembered_ms / 2
                                              : (permit.permset.stale() && is_refused(permit)) ||
                                                    is_banned_anew(permit, now_ms, bans_left);
    if (!is_to_tell) continue;
    permit.told_at_ms = now_ms;
    refused.push_back(one->first);
  }
  next_ = next == permits_.end() ? WillName{0, 0} : next->first;
  return refused;
}

}  // namespace tenon::broker
