#pragma once

#include "base/clock.h"
#include "sim/world/event_queue.h"

namespace tenon::sim {

// The clocks of one node: they run a little fast or slow, and its date may be wrong and jump.
class NodeClock final : public Clock {
 public:
  explicit NodeClock(const EventQueue& events) : events_(events) {}

  MonoNs mono_ns() const override {
    return boot_ns + events_.now_ns() + events_.now_ns() / 1'000'000 * drift_ppm_;
  }
  UnixMs unix_ms() const override { return start_unix_ms + mono_ns() / ns_per_ms + date_offset_ms_; }

  void set_drift(std::int64_t ppm) { drift_ppm_ = ppm; }
  void jump_date(std::int64_t ms) { date_offset_ms_ += ms; }
  void set_date_right() { date_offset_ms_ = 0; }

 private:
  static constexpr MonoNs boot_ns = ns_per_s;
  static constexpr UnixMs start_unix_ms = 1'800'000'000'000;

  const EventQueue& events_;
  std::int64_t drift_ppm_ = 0;
  std::int64_t date_offset_ms_ = 0;
};

}  // namespace tenon::sim
