#pragma once

#include <array>
#include <cstdint>

namespace tenon::runtime {

// What one event loop has done since it was made. Plain values; copy freely.
struct LoopStats {
  // Upper bounds of turn_count in nanoseconds: 2^10 (about a microsecond), 2^11 ... ; the last has no bound.
  static constexpr std::size_t bucket_count = 24;
  static constexpr std::int64_t bucket_bound_ns(std::size_t bucket) { return std::int64_t{1024} << bucket; }

  std::uint64_t turns = 0;       // turns of the loop
  std::uint64_t sleeps = 0;      // turns that waited because there was nothing to do
  std::uint64_t events = 0;      // callbacks for descriptors
  std::uint64_t tasks = 0;       // tasks run
  std::uint64_t timers = 0;      // timers fired
  std::uint64_t busy_ns = 0;     // time spent in turns, waiting not counted
  std::int64_t turn_ns_max = 0;  // the longest turn: how long an event may have had to wait
  std::array<std::uint64_t, bucket_count> turn_count{};  // turns by how long they took
};

}  // namespace tenon::runtime
