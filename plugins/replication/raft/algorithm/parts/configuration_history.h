#pragma once

#include <vector>

#include "algorithm/configuration.h"
#include "algorithm/types.h"

namespace tenon::raft {

// The configurations of a log, by the index of their entry. The latest is in force, committed or not (paper
// section 6).
//
// Invariant: never empty; indexes increase; the first is in force where the log begins.
class ConfigurationHistory {
 public:
  explicit ConfigurationHistory(const SnapshotMeta& base) { reset(base); }

  // Forgets all and begins anew.
  void reset(const SnapshotMeta& base);

  // REQUIRES: index is beyond latest_index().
  void append(Index index, Configuration configuration);

  // Entries from `index` on are gone. True when the configuration in force changed.
  bool truncate(Index index);

  // The log now begins after `index`.
  void compact(Index index);

  const Configuration& latest() const { return records_.back().configuration; }
  Index latest_index() const { return records_.back().index; }

  // In force at `index`: the latest whose entry is at or before it.
  const Configuration& at(Index index) const;

  std::size_t memory_bytes() const;

 private:
  struct Record {
    Index index;
    Configuration configuration;
  };
  std::vector<Record> records_;
};

}  // namespace tenon::raft
