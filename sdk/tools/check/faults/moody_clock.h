#pragma once

#include <atomic>

#include "base/clock.h"
#include "runtime/system_clock.h"

namespace tenon::tools {

// The machine's clocks, moved. The date may jump to and fro; the other one goes on, and may leap ahead.
class MoodyClock final : public Clock {
 public:
  MonoNs mono_ns() const override { return system_.mono_ns() + leap_ns_; }
  UnixMs unix_ms() const override { return system_.unix_ms() + jump_ms_; }

  void jump_to(UnixMs from_now_ms) { jump_ms_ = from_now_ms; }
  void leap(MonoNs ns) { leap_ns_ += ns; }

 private:
  runtime::SystemClock system_;
  std::atomic<std::int64_t> jump_ms_{0};
  std::atomic<std::int64_t> leap_ns_{0};
};

}  // namespace tenon::tools
