#include "base/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace tenon {

TimerWheel::TimerWheel(MonoNs now_ns) : now_tick_(static_cast<std::uint64_t>(now_ns / ns_per_ms)) {
  for (auto& level : heads_) level.fill(nil);
}

TimerToken TimerWheel::start(MonoNs due_ns, TimerFn fn, void* user) {
  const MonoNs due_ms = due_ns / ns_per_ms + (due_ns % ns_per_ms > 0 ? 1 : 0);
  const auto wanted_tick = static_cast<std::uint64_t>(std::max<MonoNs>(due_ms, 0));
  const std::uint64_t due_tick = std::clamp(wanted_tick, now_tick_ + 1, tick_max);
  const std::uint64_t token = timers_.insert(Timer{fn, user, due_tick, nil, nil});
  TENON_BUG(token != 0, "more timers on one worker than can be numbered");
  link(TokenSlab<Timer>::place_of(token));
  return TimerToken{token};
}

bool TimerWheel::cancel(TimerToken token) {
  const auto raw = static_cast<std::uint64_t>(token);
  if (!timers_.find(raw)) return false;
  unlink(TokenSlab<Timer>::place_of(raw));
  return timers_.erase(raw);
}

std::size_t TimerWheel::advance(MonoNs now_ns) {
  const auto target_tick = static_cast<std::uint64_t>(std::max<MonoNs>(now_ns, 0) / ns_per_ms);
  std::size_t fired = 0;
  Position position;
  std::uint64_t begin_tick;
  while (first_slot(position, begin_tick) && begin_tick <= target_tick) {
    now_tick_ = std::max(now_tick_, begin_tick);
    if (position.level == 0) {
      fired += fire(position.slot);
    } else {
      move_down(position);
    }
  }
  now_tick_ = std::max(now_tick_, target_tick);
  return fired;
}

MonoNs TimerWheel::next_due_ns() const {
  Position position;
  std::uint64_t begin_tick;
  if (!first_slot(position, begin_tick)) return INT64_MAX;
  return static_cast<MonoNs>(begin_tick) * ns_per_ms;
}

TimerWheel::Position TimerWheel::position_of(std::uint64_t due_tick) const {
  const std::uint64_t differing = due_tick ^ now_tick_;
  const unsigned level =
      differing == 0 ? 0 : (static_cast<unsigned>(std::bit_width(differing)) - 1) / digit_bits;
  const auto slot = static_cast<unsigned>(due_tick >> (digit_bits * level)) & (slots_count - 1);
  return {level, slot};
}

void TimerWheel::link(std::uint32_t place) {
  Timer& timer = timers_.at(place);
  const Position at = position_of(timer.due_tick);
  std::uint32_t& head = heads_[at.level][at.slot];
  timer.prev = nil;
  timer.next = head;
  if (head != nil) timers_.at(head).prev = place;
  head = place;
  occupied_[at.level] |= std::uint64_t{1} << at.slot;
}

void TimerWheel::unlink(std::uint32_t place) {
  Timer& timer = timers_.at(place);
  if (timer.next != nil) timers_.at(timer.next).prev = timer.prev;
  if (timer.prev != nil) {
    timers_.at(timer.prev).next = timer.next;
    return;
  }
  // The head of its list. Its position is still the one it was linked at: time has not entered the slot, or
  // is in this very tick of level 0.
  const Position at = position_of(timer.due_tick);
  heads_[at.level][at.slot] = timer.next;
  if (timer.next == nil) occupied_[at.level] &= ~(std::uint64_t{1} << at.slot);
}

bool TimerWheel::first_slot(Position& position, std::uint64_t& begin_tick) const {
  for (unsigned level = 0; level < levels_count; ++level) {
    if (occupied_[level] == 0) continue;
    const auto slot = static_cast<unsigned>(std::countr_zero(occupied_[level]));
    const unsigned shift = digit_bits * level;
    const std::uint64_t above = now_tick_ >> (shift + digit_bits) << digit_bits;
    position = {level, slot};
    begin_tick = (above | slot) << shift;
    return true;
  }
  return false;
}

void TimerWheel::move_down(Position position) {
  std::uint32_t place = heads_[position.level][position.slot];
  heads_[position.level][position.slot] = nil;
  occupied_[position.level] &= ~(std::uint64_t{1} << position.slot);
  while (place != nil) {
    const std::uint32_t next = timers_.at(place).next;
    link(place);
    place = next;
  }
}

std::size_t TimerWheel::fire(unsigned slot) {
  std::size_t fired = 0;
  for (std::uint32_t place = heads_[0][slot]; place != nil; place = heads_[0][slot]) {
    unlink(place);
    const Timer timer = timers_.at(place);
    timers_.erase(timers_.token_of(place));
    ++fired;
    timer.fn(timer.user);
  }
  return fired;
}

}  // namespace tenon
