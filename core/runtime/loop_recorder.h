#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "runtime/loop_stats.h"

namespace tenon::runtime {

// Counts what one loop does. note_*: the loop's thread. read(): any thread.
class LoopRecorder {
 public:
  void note_turn(std::int64_t turn_ns);
  void note_sleep() { add(sleeps_, 1); }
  void note_work(std::uint64_t events, std::uint64_t tasks, std::uint64_t timers);

  LoopStats read() const;

 private:
  using Counter = std::atomic<std::uint64_t>;
  // One thread writes, so no locked instruction is needed.
  static void add(Counter& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  static std::size_t bucket_of(std::int64_t turn_ns);

  Counter turns_{0}, sleeps_{0}, events_{0}, tasks_{0}, timers_{0}, busy_ns_{0};
  std::atomic<std::int64_t> turn_ns_max_{0};
  std::array<Counter, LoopStats::bucket_count> turn_count_{};
};

}  // namespace tenon::runtime
