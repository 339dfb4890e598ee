#pragma once

#include <tenon/draft/log.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "algorithm/log_reader.h"

namespace tenon::raft {

// Thrown through the algorithm when the journal has forgotten what was to be read: its owner may cut a log at
// any time, on another thread. The group is then to be told (Group::compacted) and the call repeated or left.
struct LogCut {};

// The log of one group in the journal, with what was asked to be written at its beginning and is not durable
// yet.
class JournalReader final : public LogReader {
 public:
  JournalReader(const tenon_log& log, tenon_journal* journal, tenon_group_id group)
      : log_(&log), journal_(journal), group_(group) {}

  // Where the journal's log begins and ends; empty when the group is not in the journal.
  std::optional<tenon_log_bounds> bounds() const;
  // The term of an entry in the journal.
  std::optional<Term> journal_term(Index index) const;

  // The log in the journal begins at `base`.
  void use_journal(SnapshotMeta base);
  // A log that begins at `base` with `entries` was asked for; the journal shows it from durable() on.
  void begin_with(SnapshotMeta base, std::vector<Entry> entries);
  void durable() { pending_ = false, first_.clear(); }
  bool is_durable() const { return !pending_; }

  // Takes over a cut of the journal. True when there was one; base() then needs its configuration by
  // set_configuration() before anybody reads it from there.
  bool refresh_base();
  void set_configuration(Configuration configuration) { base_.configuration = std::move(configuration); }

  SnapshotMeta base() const override { return base_; }
  Index last_index() const override;
  // Both throw LogCut.
  std::optional<Term> term(Index index) const override;
  LogRead entries(Index low, Index high, std::size_t bytes_max, std::vector<Entry>* entries) const override;

 private:
  void throw_if_cut(Index index) const;

  const tenon_log* log_;
  tenon_journal* journal_;
  tenon_group_id group_;
  SnapshotMeta base_;
  bool pending_ = false;      // the journal does not show the beginning yet
  std::vector<Entry> first_;  // entries behind base_, while pending_
};

}  // namespace tenon::raft
