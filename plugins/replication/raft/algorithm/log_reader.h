#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "algorithm/configuration.h"
#include "algorithm/types.h"

namespace tenon::raft {

enum class LogRead : std::uint8_t {
  done,
  later,   // not just now: what reading takes is wanting, and nothing is wrong with the log
  failed,  // poisons the group
};

// The durable log of one group, as its owner holds it. The group keeps in memory what it has handed out for
// writing and not yet seen reported as durable, so this shows everything whose write was reported by
// Group::persisted(), and may show more.
//
// Called on the thread that calls the group, from within its calls; may block for a disk read. Not changed by
// the group.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Where the log begins: everything up to `index` is in the state only. The first entry is at index + 1.
  //
  // A founder's log begins at {1, 1, the founding configuration}, the same on each of them, with a hard state
  // of term 1 and commit 1. A replica that is to be filled by a leader begins at {0, 0, empty}. After
  // Group::snapshot_installed() it is what was installed, after cutting the log Group::meta_at() of the place
  // of the cut.
  virtual SnapshotMeta base() const = 0;

  // The last entry's index; base().index when there is none.
  virtual Index last_index() const = 0;

  // The term of an entry of base().index..last_index(). Empty when it can't be read, which poisons the group.
  virtual std::optional<Term> term(Index index) const = 0;

  // Appends to *entries those of [low, high), as many as fit into bytes_max by size_of(), but at least one.
  // REQUIRES: base().index < low < high <= last_index() + 1.
  // With LogRead::later the group does without until a tick or a message gives it a reason to ask again; one
  // that is just made needs them, and is poisoned.
  virtual LogRead entries(Index low, Index high, std::size_t bytes_max,
                          std::vector<Entry>* entries) const = 0;
};

}  // namespace tenon::raft
