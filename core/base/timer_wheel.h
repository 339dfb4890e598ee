#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/reactor.h"
#include "base/token_slab.h"

namespace tenon {

// Many one-shot timers at little cost: start and cancel touch one list each, whatever the number of timers,
// and a timer moves at most levels_count - 1 times before it fires. Ticks of one millisecond.
//
// Pure: time comes in with advance(). Not thread-safe. 40 bytes per running timer, kept for reuse.
//
// Level n has 64 slots of 64^n ticks. A timer stands in the level of the highest 6-bit digit in which its due
// tick differs from the current one, in the slot of that digit; so everything in a lower level is due before
// anything in a higher one, and a timer moves down when the current tick enters its slot.
class TimerWheel {
 public:
  explicit TimerWheel(MonoNs now_ns = 0);

  // Calls fn(user) once, in the first advance() to `due_ns` or later, but at least one tick after now. Never
  // early, except that what lies more than a century ahead is cut to that.
  TimerToken start(MonoNs due_ns, TimerFn fn, void* user);
  // False when it has fired or was cancelled.
  bool cancel(TimerToken token);

  // Moves time forward to `now_ns` and fires what is due, in order of due ticks; without order within one
  // tick. Callbacks may start and cancel timers, but not call advance(). Returns how many fired.
  std::size_t advance(MonoNs now_ns);

  // When advance() wants to be called next at the latest; perhaps only to move timers down. INT64_MAX: no
  // timers.
  MonoNs next_due_ns() const;

  std::size_t size() const { return timers_.size(); }

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned slots_count = 1u << digit_bits;
  static constexpr unsigned levels_count = 7;
  static constexpr std::uint64_t tick_max = (std::uint64_t{1} << (digit_bits * levels_count)) - 1;
  static constexpr std::uint32_t nil = UINT32_MAX;

  struct Timer {
    TimerFn fn;
    void* user;
    std::uint64_t due_tick;
    std::uint32_t next;
    std::uint32_t prev;
  };
  struct Position {
    unsigned level;
    unsigned slot;
  };

  Position position_of(std::uint64_t due_tick) const;
  void link(std::uint32_t place);
  void unlink(std::uint32_t place);
  // The first slot that has timers, and the tick at which it begins. False: there are none.
  bool first_slot(Position& position, std::uint64_t& begin_tick) const;
  void move_down(Position position);
  std::size_t fire(unsigned slot);

  TokenSlab<Timer> timers_;
  std::uint64_t now_tick_;
  std::array<std::uint64_t, levels_count> occupied_{};  // one bit per slot that has timers
  std::array<std::array<std::uint32_t, slots_count>, levels_count> heads_;
};

}  // namespace tenon
