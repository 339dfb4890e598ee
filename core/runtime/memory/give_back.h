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
// nothing. A process that grows frees later what it gets now: growth ends a long pause, as success does.
class GiveBack {
 public:
  static constexpr std::uint64_t small_bytes = 8u << 20;  // not worth looking at
  static constexpr std::int64_t pause_ns_min = 10 * ns_per_s;
  static constexpr std::int64_t pause_ns_max = 320 * ns_per_s;

  // The process has `own_bytes` of memory; `is_high`: more than it should have, so that nothing is waited for
  // but the shortest pause, and not even that one while it brings something. True: give back now, and tell
  // given_back().
  bool is_due(std::uint64_t own_bytes, bool is_high, MonoNs now_ns) const {
    if (own_bytes < small_bytes) return false;
    if (is_high && was_worth_it_) return true;
    if (now_ns - last_ns_ < pause_ns_min) return false;
    return is_high || has_grown(own_bytes) || now_ns - last_ns_ >= pause_ns_;
  }

  // REQUIRES: is_due() was true of `bytes_before`.
  void given_back(std::uint64_t bytes_before, std::uint64_t bytes_after, MonoNs now_ns) {
    was_worth_it_ = bytes_after + bytes_before / 16 <= bytes_before;
    const bool is_short = was_worth_it_ || has_grown(bytes_before);
    pause_ns_ = is_short ? pause_ns_min : std::min(2 * pause_ns_, pause_ns_max);
    bytes_left_ = bytes_after;
    last_ns_ = now_ns;
  }

 private:
  bool has_grown(std::uint64_t own_bytes) const { return own_bytes >= bytes_left_ + small_bytes; }

  std::uint64_t bytes_left_ = 0;  // behind the last time
  MonoNs last_ns_ = 0;
  std::int64_t pause_ns_ = pause_ns_min;
  bool was_worth_it_ = false;  // the last time
};

}  // namespace tenon::runtime
