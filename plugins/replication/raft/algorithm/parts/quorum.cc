#include "algorithm/parts/quorum.h"

#include <functional>

namespace tenon::raft {

std::uint64_t majority_value(std::span<std::uint64_t> values) {
  if (values.empty()) return std::numeric_limits<std::uint64_t>::max();
  // Sorted downwards, the one at size / 2 is reached by size / 2 + 1.
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end(), std::greater<>());
  return *middle;
}

VoteOutcome majority_outcome(std::size_t voters, std::size_t granted, std::size_t rejected) {
  if (voters == 0) return VoteOutcome::won;
  const std::size_t majority = voters / 2 + 1;
  if (granted >= majority) return VoteOutcome::won;
  if (voters - rejected < majority) return VoteOutcome::lost;
  return VoteOutcome::pending;
}

VoteOutcome joint_outcome(VoteOutcome incoming, VoteOutcome outgoing) {
  if (incoming == VoteOutcome::lost || outgoing == VoteOutcome::lost) return VoteOutcome::lost;
  if (incoming == VoteOutcome::won && outgoing == VoteOutcome::won) return VoteOutcome::won;
  return VoteOutcome::pending;
}

}  // namespace tenon::raft
