#include "runtime/loop_recorder.h"

#include <algorithm>
#include <bit>

namespace tenon::runtime {

std::size_t LoopRecorder::bucket_of(std::int64_t turn_ns) {
  const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(turn_ns - 1, 0)) / 1024;
  return std::min<std::size_t>(std::bit_width(units), LoopStats::bucket_count - 1);
}

void LoopRecorder::note_turn(std::int64_t turn_ns) {
  add(turns_, 1);
  add(busy_ns_, static_cast<std::uint64_t>(std::max<std::int64_t>(turn_ns, 0)));
  add(turn_count_[bucket_of(turn_ns)], 1);
  if (turn_ns > turn_ns_max_.load(std::memory_order_relaxed)) {
    turn_ns_max_.store(turn_ns, std::memory_order_relaxed);
  }
}

void LoopRecorder::note_work(std::uint64_t events, std::uint64_t tasks, std::uint64_t timers) {
  if (events) add(events_, events);
  if (tasks) add(tasks_, tasks);
  if (timers) add(timers_, timers);
}

LoopStats LoopRecorder::read() const {
  constexpr auto relaxed = std::memory_order_relaxed;
  LoopStats stats;
  stats.turns = turns_.load(relaxed);
  stats.sleeps = sleeps_.load(relaxed);
  stats.events = events_.load(relaxed);
  stats.tasks = tasks_.load(relaxed);
  stats.timers = timers_.load(relaxed);
  stats.busy_ns = busy_ns_.load(relaxed);
  stats.turn_ns_max = turn_ns_max_.load(relaxed);
  for (std::size_t i = 0; i < turn_count_.size(); ++i) stats.turn_count[i] = turn_count_[i].load(relaxed);
  return stats;
}

}  // namespace tenon::runtime
