#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "algorithm/log_reader.h"
#include "algorithm/ready.h"

namespace tenon::raft::sim {

// The log of one replica on a simulated disk: writes wait in order until they are completed; a crash loses
// those that were not, and keeps what was.
class DiskLog : public LogReader {
 public:
  DiskLog(const SnapshotMeta& base, const HardState& hard, std::vector<Entry> entries)
      : base_(base), hard_(hard), entries_(std::move(entries)) {}

  SnapshotMeta base() const override { return base_; }
  Index last_index() const override { return base_.index + entries_.size(); }
  std::optional<Term> term(Index index) const override;
  LogRead entries(Index low, Index high, std::size_t bytes_max, std::vector<Entry>* entries) const override;

  const HardState& hard_state() const { return hard_; }

  // Queues the write of a Ready.
  void begin(const Ready& ready) { pending_.push_back({ready.write, ready.hard_state, ready.entries}); }
  std::size_t pending() const { return pending_.size(); }

  // The oldest write is done; its number.
  WriteNumber complete();

  // Power goes: `kept` of the pending writes made it, the others never were.
  void crash(std::size_t kept);

  // Drops everything up to `base`, which takes its place.
  void cut(const SnapshotMeta& base);

  // The log is empty and begins at `base`.
  void reset(const SnapshotMeta& base);

  // Entries can't be read just now.
  void set_busy(bool busy) { busy_ = busy; }

  // Whether (index, term) would survive a crash now.
  bool holds(Index index, Term term) const;

  // A disk that lies: completed writes are there for readers but survive a crash only now and then.
  void skip_sync() { lying_ = true; }

 private:
  struct Write {
    WriteNumber number;
    std::optional<HardState> hard;
    std::vector<Entry> entries;
  };
  struct Image {
    SnapshotMeta base;
    HardState hard;
    std::vector<Entry> entries;
  };

  void put(const Write& write);

  SnapshotMeta base_;
  HardState hard_;
  std::vector<Entry> entries_;
  std::deque<Write> pending_;

  bool busy_ = false;
  bool lying_ = false;
  std::size_t writes_ = 0;
  std::optional<Image> synced_;  // what survives, when lying
};

}  // namespace tenon::raft::sim
