#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cluster/lanes/lane_plan.h"

namespace tenon::cluster {

// Whose turn it is among the lanes of a link, so that each has its part by weight while several want to send.
// A lane that sends less than its part goes before all that send more; none waits for ever; of equals the one
// that hurries more goes first.
//
// Start-time fair queueing: each lane has a mark that grows by what it sends over its weight, and the lowest
// mark is next. A lane that comes back begins where the link is. Pure state; one owner.
class LaneSchedule {
 public:
  using Ready = std::array<bool, lane_count>;

  // Empty: nobody is ready.
  std::optional<Lane> next(const Ready& ready);
  // That lane has sent so much.
  void sent(Lane lane, std::size_t size_bytes);

 private:
  std::array<std::uint64_t, lane_count> marks_{};
  std::uint64_t now_ = 0;  // mark of the lane that had the last turn
};

}  // namespace tenon::cluster
