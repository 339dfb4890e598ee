#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace tenon::store {

// When an engine that has refused to take something is tried again: after longer and longer, up to some
// seconds.
class EngineRetry {
 public:
  static constexpr std::int64_t delay_min_ns = 100 * ns_per_ms;
  static constexpr std::int64_t delay_max_ns = 5 * ns_per_s;

  bool failing() const { return delay_ns_ != 0; }
  bool is_due(MonoNs now_ns) const { return failing() && now_ns >= next_ns_; }

  // True: this is news, as it worked before, or failed for another reason.
  bool failed(const std::string& why, MonoNs now_ns) {
    const bool is_news = !failing() || why != why_;
    why_ = why;
    delay_ns_ = failing() ? std::min(2 * delay_ns_, delay_max_ns) : delay_min_ns;
    next_ns_ = now_ns + delay_ns_;
    return is_news;
  }
  void worked() { delay_ns_ = 0; }

 private:
  std::int64_t delay_ns_ = 0;  // 0: it works
  MonoNs next_ns_ = 0;
  std::string why_;
};

}  // namespace tenon::store
