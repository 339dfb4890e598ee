#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tenon::runtime {

// When memory that was freed is worth giving back to the system: the allocator keeps what thousands of links
// that went away, or a large flush, have freed, each thread for itself. Pure; one thread.
//
// Giving back holds up whoever allocates meanwhile, for a time that grows with what was freed, and what is
// given back is got again page by page: so it is done seldom, and less and less often while it brings
// nothing.
class GiveBack {
 public:
  static constexpr std::uint64_t small_bytes = 8u << 20;  // not worth looking at
  static constexpr std::int64_t pause_ns_min = 10 * ns_per_s;
  static constexpr std::int64_t pause_ns_max = 320 * ns_per_s;

  // The process has `own_bytes` of memory. True: give back now, and tell given_back().
  bool is_due(std::uint64_t own_bytes, MonoNs now_ns) const {
    if (own_bytes < small_bytes || now_ns - last_ns_ < pause_ns_min) return false;
    return own_bytes >= bytes_left_ + small_bytes || now_ns - last_ns_ >= pause_ns_;
  }

  // REQUIRES: is_due() was true of `bytes_before`.
  void given_back(std::uint64_t bytes_before, std::uint64_t bytes_after, MonoNs now_ns) {
    const bool was_worth_it = bytes_after + bytes_before / 16 <= bytes_before;
    pause_ns_ = was_worth_it ? pause_ns_min : std::min(2 * pause_ns_, pause_ns_max);
    bytes_left_ = bytes_after;
    last_ns_ = now_ns;
  }

 private:
  std::uint64_t bytes_left_ = 0;  // behind the last time
  MonoNs last_ns_ = 0;
  std::int64_t pause_ns_ = pause_ns_min;
};

}  // namespace tenon::runtime
