#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "algorithm/types.h"

namespace tenon::raft {

// Who belongs to a group. Each list is sorted and without duplicates.
//
// Joint while `voters_outgoing` is not empty: every decision then needs a majority of `voters` and one of
// `voters_outgoing` (paper section 6). A learner receives entries and counts in no majority. A voter that is
// to become a learner is in `voters_outgoing` and `learners` at once, and votes until the joint configuration
// is left.
struct Configuration {
  std::vector<NodeId> voters;
  std::vector<NodeId> voters_outgoing;
  std::vector<NodeId> learners;
  std::uint64_t epoch = 0;  // grows by one with each configuration entry

  bool joint() const { return !voters_outgoing.empty(); }
  bool empty() const { return voters.empty() && learners.empty(); }
  bool is_voter(NodeId node) const;  // in either of the two lists of voters
  bool is_member(NodeId node) const;

  // Every member once, sorted.
  std::vector<NodeId> members() const;

  // Sorts the lists and removes duplicates.
  void normalise();

  // At least one voter, no id zero, nobody both voter (incoming) and learner; lists as promised above.
  bool valid() const;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

// The bytes of a configuration in log entries, snapshots and frames: little-endian
//   u8 format (1) · u64 epoch · u16 voters · u16 voters_outgoing · u16 learners · u64 id of each, in this
//   order.
std::string encode_configuration(const Configuration& configuration);

// Empty when `bytes` are no valid configuration of a known format.
std::optional<Configuration> decode_configuration(std::string_view bytes);

// The state of a group up to `index`, named, not held: what a snapshot contains, and where a log begins.
struct SnapshotMeta {
  Index index = 0;              // everything up to and with this entry is in the state
  Term term = 0;                // of that entry
  Configuration configuration;  // in force at that entry, never one that comes later

  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};

}  // namespace tenon::raft
