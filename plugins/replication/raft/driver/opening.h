#pragma once

#include <tenon/draft/replication.h>

#include <optional>
#include <vector>

#include "algorithm/group.h"
#include "driver/journal_reader.h"

namespace tenon::raft {

// The beginning of a log that is to be written before anything else of its group. What is in it depends on
// nothing but what the host gave, so a crash before it is durable loses nothing: the next start finds the
// same again.
struct FirstWrite {
  bool set_base = false;
  SnapshotMeta base;
  std::vector<Entry> entries;
  HardState hard;
};

// The hard state of a member whose log begins anew at `base`, which may be of a term that it never heard of
// and has not voted in.
HardState hard_state_at(HardState hard, tenon_log_point base);

struct Opening {
  Start start;
  std::optional<FirstWrite> first_write;
};

// How a member begins with what the host and the journal hold, and sets `reader` to that.
//
//   The journal knows the group          its log goes on, from the state's `applied`
//   ... but not what the state holds     the log begins anew at `applied`: a crash came between the state and
//                                        the log of an installed snapshot
//   New, `applied` beyond 0              the log begins at `applied`
//   New, `applied` 0, this node a voter  the founding membership is the first entry, the same on each founder
//   New, `applied` 0, else               an empty member that a leader fills
//   TENON_GROUP_NEEDS_STATE              an empty member that a leader fills with a state
//
// Throws a Failure with TENON_E_INVALID where these contradict each other.
Opening plan_opening(const tenon_group_open& open, NodeId self, JournalReader& reader);

}  // namespace tenon::raft
