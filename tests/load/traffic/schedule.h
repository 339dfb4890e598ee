#pragma once

#include <cstdint>

#include "load/engine/clock.h"

namespace tenon::load {

// When each message of a fixed rate is to be sent: message n at start + n / rate, whatever the broker does.
// Latencies measured from that time leave nothing out when the sender itself is held up ("coordinated
// omission").
class Schedule {
 public:
  Schedule() = default;
  // `messages_per_s` above 0.
  Schedule(std::uint64_t start_ns, double messages_per_s)
      : start_ns_(start_ns), interval_ns_(static_cast<double>(ns_per_s) / messages_per_s) {}

  double interval_ns() const { return interval_ns_; }

  // The time of message `number`, counted from 0.
  std::uint64_t due_ns(std::uint64_t number) const {
    return start_ns_ + static_cast<std::uint64_t>(static_cast<double>(number) * interval_ns_);
  }

  // How many messages are due at `now_ns`.
  std::uint64_t due_count(std::uint64_t now_ns) const {
    if (now_ns < start_ns_) return 0;
    auto count = static_cast<std::uint64_t>(static_cast<double>(now_ns - start_ns_) / interval_ns_);
    while (due_ns(count) <= now_ns) ++count;
    return count;
  }

 private:
  std::uint64_t start_ns_ = 0;
  double interval_ns_ = 1;
};

}  // namespace tenon::load
