#include "broker/durable/waiting_wills.h"

namespace tenon::broker {

namespace {

// As long as inboxes remember what they have taken.
constexpr UnixMs remembered_ms = UnixMs{24} * 3600 * 1000;
// Of one that is done within moments: longer than until its range hands it out again (will_retry_s), which it
// does if the node that has published it was gone before that was on record.
constexpr UnixMs remembered_briefly_ms = 35 * 1000;
// What is done before is told to nobody: who has got it knows it by its name.
constexpr UnixMs told_after_ms = 1000;
// Who was not linked hears it then; ranges hand a will out again after three times as long.
constexpr UnixMs told_again_ms = 10 * 1000;

}  // namespace

bool WaitingWills::begin(const WillName& will) {
  const std::lock_guard lock(mutex_);
  return under_way_.insert(will).second;
}

void WaitingWills::end(const WillName& will, End how) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(will);
  const auto known = wills_.find(will);
  if (how == End::not_done && known != wills_.end()) keep_for_long(known->second, will);
}

WaitingWills::Reach WaitingWills::publish(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  Will& one = wills_[will];
  const bool is_first_here = reach(one, will, now_ms);
  if (std::exchange(one.is_published, true)) return Reach::nobody;
  return is_first_here ? Reach::all : Reach::others;
}

bool WaitingWills::reach_own(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  return reach(wills_[will], will, now_ms);
}

void WaitingWills::was_published(const WillName& will, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  Will& one = wills_[will];
  reach(one, will, now_ms);
  one.is_published = true;
  keep_for_long(one, will);
}

bool WaitingWills::reach(Will& one, const WillName& will, UnixMs now_ms) {
  if (one.reached_ms) return false;
  one.reached_ms = now_ms;
  brief_.emplace_back(now_ms + remembered_briefly_ms, will);
  return true;
}

void WaitingWills::keep_for_long(Will& one, const WillName& will) {
  if (std::exchange(one.takes_time, true)) return;
  long_.emplace_back(*one.reached_ms + remembered_ms, will);
}

void WaitingWills::forget(Ends& ends, UnixMs now_ms, bool takes_time) {
  for (; !ends.empty() && ends.front().first <= now_ms; ends.pop_front()) {
    const auto known = wills_.find(ends.front().second);
    if (known != wills_.end() && known->second.takes_time == takes_time) wills_.erase(known);
  }
}

std::vector<WillName> WaitingWills::tick(UnixMs now_ms) {
  std::vector<WillName> to_tell;
  const std::lock_guard lock(mutex_);
  for (const WillName& name : under_way_) {
    const auto known = wills_.find(name);
    if (known == wills_.end()) continue;
    Will& will = known->second;
    if (!will.is_published || now_ms - *will.reached_ms < told_after_ms) continue;
    if (will.told_ms && now_ms - *will.told_ms < told_again_ms) continue;
    will.told_ms = now_ms;
    keep_for_long(will, name);
    to_tell.push_back(name);
  }
  forget(brief_, now_ms, false);
  forget(long_, now_ms, true);
  return to_tell;
}

std::size_t WaitingWills::size() const {
  const std::lock_guard lock(mutex_);
  return wills_.size();
}

}  // namespace tenon::broker
