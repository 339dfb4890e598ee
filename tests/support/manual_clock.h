#pragma once

#include <atomic>

#include "base/clock.h"

namespace tenon::test {

// A clock that stands still until a test moves it. Any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMs unix_ms = 0) : unix_ms_(unix_ms) {}

  MonoNs mono_ns() const override { return mono_ns_; }
  UnixMs unix_ms() const override { return unix_ms_; }

  void advance_s(std::int64_t seconds) {
    mono_ns_ += seconds * ns_per_s;
    unix_ms_ += seconds * 1000;
  }
  void advance_ns(std::int64_t ns) { mono_ns_ += ns; }

 private:
  std::atomic<MonoNs> mono_ns_{0};
  std::atomic<UnixMs> unix_ms_;
};

}  // namespace tenon::test
