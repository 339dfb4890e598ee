#include "broker/durable/waiting_wills.h"

#include <utility>

namespace tenon::broker {

namespace {

// As long as inboxes remember what they have taken.
constexpr UnixMs remembered_ms = UnixMs{24} * 3600 * 1000;
// Of one that is done within moments: a leader of its range that is new hands it out once more right away.
constexpr UnixMs remembered_briefly_ms = 10 * 1000;
// Who was not linked hears it then; ranges hand a will out again after three times as long.
constexpr UnixMs told_again_ms = 10 * 1000;

}  // namespace

bool WaitingWills::begin(const WillName& will) {
  const std::lock_guard lock(mutex_);
  return !std::exchange(wills_[will].under_way, true);
}

void WaitingWills::end(const WillName& will) {
  const std::lock_guard lock(mutex_);
  const auto known = wills_.find(will);
  if (known == wills_.end()) return;
  known->second.under_way = false;
  if (!known->second.reached_links_ms) wills_.erase(known);
}

bool WaitingWills::reach_links(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  Will& one = wills_[will];
  if (one.reached_links_ms) return false;
  one.reached_links_ms = now_ms;
  return true;
}

void WaitingWills::has_reached_links(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  Will& one = wills_[will];
  if (!one.reached_links_ms) one.reached_links_ms = now_ms;
  one.takes_time = true;
}

std::vector<WillName> WaitingWills::tick(UnixMs now_ms) {
  std::vector<WillName> to_tell;
  const std::lock_guard lock(mutex_);
  std::erase_if(wills_, [&](const auto& one) {
    const Will& will = one.second;
    const UnixMs for_ms = will.takes_time ? remembered_ms : remembered_briefly_ms;
    return !will.under_way && will.reached_links_ms && now_ms - *will.reached_links_ms >= for_ms;
  });
  for (auto& [name, will] : wills_) {
    if (!will.under_way || !will.reached_links_ms) continue;
    if (will.told_at_ms && now_ms - *will.told_at_ms < told_again_ms) continue;
    will.told_at_ms = now_ms;
    will.takes_time = true;
    to_tell.push_back(name);
  }
  return to_tell;
}

std::size_t WaitingWills::size() const {
  const std::lock_guard lock(mutex_);
  return wills_.size();
}

}  // namespace tenon::broker
