#pragma once

#include <cstdint>

#include "base/result.h"

namespace tenon {

constexpr std::uint32_t fd_read = 1;
constexpr std::uint32_t fd_write = 2;
constexpr std::uint32_t fd_closed = 4;  // reported, never asked for

using FdFn = void (*)(void* user, std::uint32_t events);
using TimerFn = void (*)(void* user);

// Names one watched descriptor or one running timer of one worker; never reused within the life of the
// worker.
enum class FdToken : std::uint64_t {};
enum class TimerToken : std::uint64_t {};

// Readiness of descriptors and timers on one worker. Everything here is called on that worker's thread, and
// the callbacks run there.
class Reactor {
 public:
  virtual ~Reactor() = default;

  // Level-triggered. The descriptor stays the caller's. `fn` is never called after remove_fd() has returned,
  // not even for an event that was already collected.
  virtual Result<FdToken> add_fd(int fd, std::uint32_t events, FdFn fn, void* user) = 0;
  virtual Status modify_fd(FdToken token, std::uint32_t events) = 0;
  // Before the descriptor is closed.
  virtual void remove_fd(FdToken token) = 0;

  // One shot, about a millisecond coarse.
  virtual TimerToken start_timer(std::int64_t delay_ns, TimerFn fn, void* user) = 0;
  // False when it has fired already.
  virtual bool cancel_timer(TimerToken token) = 0;
};

}  // namespace tenon
