#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "algorithm/log_reader.h"
#include "algorithm/types.h"

namespace tenon::raft {

// The log of one replica as the algorithm sees it: what is durable, read through LogReader, and a tail in
// memory of what is not, or is soon needed for applying.
//
// Indexes that move, each at or beyond the one before:
//   applied <= delivered <= commit <= last;  delivered <= stable <= written <= last
// where delivered was handed out to be applied, written handed out to be written, stable is durable. Writing
// may be behind committing: a majority can do without this replica.
//
// Breaks (invariant.h) when the reader can't read or a committed entry would be replaced.
class Log {
 public:
  Log(const LogReader& reader, Index commit, Index applied);

  Index base() const { return base_; }
  Index last() const { return last_; }
  Index commit() const { return commit_; }
  Index applied() const { return applied_; }
  Index stable() const { return stable_; }
  bool all_written() const { return written_ == last_; }
  bool all_stable() const { return stable_ == last_; }

  // The term of an entry, base() included. Empty beyond last() and before base().
  std::optional<Term> term(Index index) const;
  Term last_term() const { return last_term_; }

  bool matches(Index index, Term term) const;

  // Whether a log that ends with (index, term) is at least as complete as this one (paper section 5.4.1).
  bool is_up_to_date(Index index, Term term) const;

  // The last index at or before `index` whose term is at most `term`: where two logs may agree, when the
  // other's entry at `index` has `term`. Ends at base().
  Index last_not_beyond(Index index, Term term) const;

  // Those of [low, high), as many as bytes_max lets through, but at least one; none when they can't be read
  // just now. REQUIRES: base() < low < high <= last() + 1.
  std::vector<Entry> entries(Index low, Index high, std::size_t bytes_max) const;

  // Replaces everything from entries.front().index on. REQUIRES: not empty, consecutive, leaving no gap.
  void append(const std::vector<Entry>& entries);

  // REQUIRES: index <= last(). Going back is no change.
  void commit_to(Index index);

  // Entries not yet handed out for writing; they count as handed out now.
  std::vector<Entry> take_unwritten();

  // A write that ended with (index, term) is durable. Without effect when the entry was replaced meanwhile.
  void stable_to(Index index, Term term);

  // Whether take_committed() has something. The next ones wait until those handed out are applied: an owner
  // that is behind holds one portion, not the whole log.
  bool has_committed() const { return !waits_ && deliverable() > delivered_ && applied_ >= delivered_; }

  // Committed and durable entries not yet handed out for applying. None, and has_committed() is false until
  // retry(), when they can't be read just now.
  std::vector<Entry> take_committed(std::size_t bytes_max);
  void retry() { waits_ = false; }

  void applied_to(Index index);

  // Lets go of durable entries that wait to be applied once they exceed bytes_max.
  void trim(std::size_t bytes_max);

  // The reader's log begins somewhere else now: cut below the applied index, or replaced by a snapshot.
  void rebase_after_compaction();
  void rebase_after_snapshot();

  std::size_t memory_bytes() const;

 private:
  Index deliverable() const;
  Index tail_first() const { return last_ + 1 - (tail_.size() - tail_head_); }
  const Entry& in_tail(Index index) const { return tail_[tail_head_ + (index - tail_first())]; }
  void drop_tail_before(Index index);
  Term read_term(Index index) const;

  const LogReader* reader_;
  Index base_ = 0;
  Term base_term_ = 0;
  Index last_ = 0;
  Term last_term_ = 0;
  Index commit_ = 0;
  Index delivered_ = 0;
  Index applied_ = 0;
  Index written_ = 0;
  Index stable_ = 0;
  bool waits_ = false;       // what is to be delivered could not be read
  std::vector<Entry> tail_;  // tail_[tail_head_] to the end are the last entries of the log
  std::size_t tail_head_ = 0;
  std::size_t tail_bytes_ = 0;  // by size_of()
};

}  // namespace tenon::raft
