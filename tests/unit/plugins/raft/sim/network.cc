#include "sim/network.h"

namespace tenon::raft::sim {

std::vector<std::uint32_t> Network::route(const Message& message, Random& random) const {
  std::vector<std::uint32_t> arrivals;
  if (!reaches(message.from, message.to) || random.below(100) < faults_.lost_percent) return arrivals;
  const bool doubled = random.below(100) < faults_.doubled_percent;
  for (int copy = 0; copy < (doubled ? 2 : 1); ++copy) {
    std::uint64_t delay = faults_.delay_min + random.below(faults_.delay_max - faults_.delay_min + 1);
    if (random.below(100) < faults_.late_percent) delay += random.below(faults_.late_max);
    arrivals.push_back(static_cast<std::uint32_t>(delay));
  }
  return arrivals;
}

}  // namespace tenon::raft::sim
