#include "cluster/lanes/lane_schedule.h"

#include <algorithm>

namespace tenon::cluster {

namespace {

// So that a byte of the heaviest lane still counts.
constexpr std::uint64_t scale = 64;

}  // namespace

std::optional<Lane> LaneSchedule::next(const Ready& ready) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < lane_count; ++i) {
    if (!ready[i]) continue;
    marks_[i] = std::max(marks_[i], now_);
    if (!best || marks_[i] < marks_[*best]) best = i;
  }
  if (!best) return std::nullopt;
  now_ = marks_[*best];
  return lane_plans[*best].lane;
}

void LaneSchedule::sent(Lane lane, std::size_t size_bytes) {
  marks_[index_of(lane)] += size_bytes * scale / plan_of(lane).weight;
}

}  // namespace tenon::cluster
