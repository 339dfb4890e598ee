#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "algorithm/configuration.h"

namespace tenon::raft {

// Majorities of a configuration; a joint one needs both of its majorities (paper section 6).

enum class VoteOutcome : std::uint8_t { pending, won, lost };
enum class Vote : std::uint8_t { none, granted, rejected };

// The highest value that a majority of `values` reaches, as large as possible for no values. Reorders
// `values`.
std::uint64_t majority_value(std::span<std::uint64_t> values);

// What becomes of an election of one list of voters, by the number of votes that came in.
VoteOutcome majority_outcome(std::size_t voters, std::size_t granted, std::size_t rejected);

VoteOutcome joint_outcome(VoteOutcome incoming, VoteOutcome outgoing);

// Same as majority_value, over `value_of(node)` of the voters.
template <typename ValueOf>
std::uint64_t majority_value(const std::vector<NodeId>& voters, ValueOf&& value_of) {
  std::array<std::uint64_t, 16> few;
  if (voters.size() <= few.size()) {
    const auto end = std::transform(voters.begin(), voters.end(), few.begin(), value_of);
    return majority_value(std::span(few.begin(), end));
  }
  std::vector<std::uint64_t> many(voters.size());
  std::transform(voters.begin(), voters.end(), many.begin(), value_of);
  return majority_value(std::span(many));
}

// The highest value that the voters of `configuration` agree to have reached: what is committed, when
// value_of is the last entry that a node holds.
template <typename ValueOf>
std::uint64_t quorum_value(const Configuration& configuration, ValueOf&& value_of) {
  return std::min(majority_value(configuration.voters, value_of),
                  majority_value(configuration.voters_outgoing, value_of));
}

template <typename VoteOf>
VoteOutcome vote_outcome(const std::vector<NodeId>& voters, VoteOf&& vote_of) {
  std::size_t granted = 0;
  std::size_t rejected = 0;
  for (const NodeId voter : voters) {
    const Vote vote = vote_of(voter);
    granted += vote == Vote::granted;
    rejected += vote == Vote::rejected;
  }
  return majority_outcome(voters.size(), granted, rejected);
}

template <typename VoteOf>
VoteOutcome vote_outcome(const Configuration& configuration, VoteOf&& vote_of) {
  return joint_outcome(vote_outcome(configuration.voters, vote_of),
                       vote_outcome(configuration.voters_outgoing, vote_of));
}

// Whether those for which `counts(node)` holds can decide.
template <typename Counts>
bool has_quorum(const Configuration& configuration, Counts&& counts) {
  return quorum_value(configuration, [&](NodeId node) -> std::uint64_t { return counts(node) ? 1 : 0; }) > 0;
}

}  // namespace tenon::raft
