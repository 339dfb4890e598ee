#pragma once

#include <ctime>

#include "base/clock.h"

namespace tenon::runtime {

// The machine's clocks. The monotonic one is CLOCK_MONOTONIC: it stands still while the machine is suspended.
class SystemClock final : public Clock {
 public:
  MonoNs mono_ns() const override { return read_ns(CLOCK_MONOTONIC); }
  UnixMs unix_ms() const override { return read_ns(CLOCK_REALTIME) / ns_per_ms; }

  // The same as mono_ns(), where no Clock is at hand. Any thread.
  static MonoNs now_ns() { return read_ns(CLOCK_MONOTONIC); }

 private:
  static std::int64_t read_ns(clockid_t id) {
    timespec now;
    ::clock_gettime(id, &now);
    return std::int64_t{now.tv_sec} * ns_per_s + now.tv_nsec;
  }
};

}  // namespace tenon::runtime
