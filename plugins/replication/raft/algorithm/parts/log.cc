#include "algorithm/parts/log.h"

#include <algorithm>
#include <iterator>

#include "algorithm/parts/invariant.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {
namespace {

constexpr std::size_t idle_capacity_max = 16;  // an empty tail with more room than this gives it back

}  // namespace

Log::Log(const LogReader& reader, Index commit, Index applied) : reader_(&reader) {
  const SnapshotMeta base = reader.base();
  base_ = base.index;
  base_term_ = base.term;
  last_ = written_ = stable_ = reader.last_index();
  TENON_RAFT_INVARIANT(last_ >= base_, "the log ends before it begins");
  TENON_RAFT_INVARIANT(applied >= base_, "the log was cut beyond what the state has applied");
  TENON_RAFT_INVARIANT(applied <= last_, "the state has applied what the log does not hold");
  commit_ = std::max(commit, applied);
  TENON_RAFT_INVARIANT(commit_ <= last_, "committed entries are missing at the end of the log");
  delivered_ = applied_ = applied;
  last_term_ = read_term(last_);
}

Term Log::read_term(Index index) const {
  if (index == base_) return base_term_;
  const std::optional<Term> term = reader_->term(index);
  TENON_RAFT_INVARIANT(term.has_value(), "the log can't be read");
  return *term;
}

std::optional<Term> Log::term(Index index) const {
  if (index < base_ || index > last_) return std::nullopt;
  if (index == last_) return last_term_;
  if (index >= tail_first()) return in_tail(index).term;
  return read_term(index);
}

bool Log::matches(Index index, Term term) const {
  const std::optional<Term> mine = this->term(index);
  return mine && *mine == term;
}

bool Log::is_up_to_date(Index index, Term term) const {
  return term > last_term_ || (term == last_term_ && index >= last_);
}

Index Log::last_not_beyond(Index index, Term term) const {
  Index at = std::min(index, last_);
  while (at > base_ && this->term(at).value_or(0) > term) --at;
  return at;
}

std::vector<Entry> Log::entries(Index low, Index high, std::size_t bytes_max) const {
  TENON_RAFT_INVARIANT(base_ < low && low < high && high <= last_ + 1,
                       "entries outside of the log were asked for");
  std::vector<Entry> found;
  const Index split = std::min(high, tail_first());
  if (low < split) {
    const LogRead read = reader_->entries(low, split, bytes_max, &found);
    if (read == LogRead::later) return {};
    TENON_RAFT_INVARIANT(read == LogRead::done && !found.empty(), "the log can't be read");
    if (low + found.size() < split) return found;
  }
  std::size_t bytes = 0;
  for (const Entry& entry : found) bytes += size_of(entry);
  for (Index index = low + found.size(); index < high; ++index) {
    bytes += size_of(in_tail(index));
    if (bytes > bytes_max && !found.empty()) break;
    found.push_back(in_tail(index));
  }
  return found;
}

void Log::append(const std::vector<Entry>& entries) {
  const Index first = entries.front().index;
  TENON_RAFT_INVARIANT(first > commit_, "a committed entry would be replaced");
  TENON_RAFT_INVARIANT(first <= last_ + 1, "an append would leave a gap in the log");
  const Index kept = first - 1;
  if (kept < last_) {
    while (tail_.size() > tail_head_ && last_ > kept) {
      tail_bytes_ -= size_of(tail_.back());
      tail_.pop_back();
      --last_;
    }
    last_ = kept;
    written_ = std::min(written_, kept);
    stable_ = std::min(stable_, kept);
  }
  for (const Entry& entry : entries) tail_bytes_ += size_of(entry);
  tail_.insert(tail_.end(), entries.begin(), entries.end());
  last_ = entries.back().index;
  last_term_ = entries.back().term;
}

void Log::commit_to(Index index) {
  if (index <= commit_) return;
  TENON_RAFT_INVARIANT(index <= last_, "entries were committed that this replica acknowledged and lost");
  commit_ = index;
}

std::vector<Entry> Log::take_unwritten() {
  if (written_ == last_) return {};
  std::vector<Entry> taken(tail_.end() - static_cast<std::ptrdiff_t>(last_ - written_), tail_.end());
  written_ = last_;
  return taken;
}

void Log::stable_to(Index index, Term term) {
  if (index > stable_ && matches(index, term)) stable_ = index;
  drop_tail_before(std::min(stable_, delivered_) + 1);
}

Index Log::deliverable() const {
  return mutated(Mutation::applied_before_durable) ? commit_ : std::min(commit_, stable_);
}

std::vector<Entry> Log::take_committed(std::size_t bytes_max) {
  if (!has_committed()) return {};
  std::vector<Entry> taken = entries(delivered_ + 1, deliverable() + 1, bytes_max);
  waits_ = taken.empty();
  delivered_ += taken.size();
  drop_tail_before(std::min(stable_, delivered_) + 1);
  if (mutated(Mutation::entry_applied_twice) && delivered_ % 32 == 0) --delivered_;
  return taken;
}

void Log::applied_to(Index index) {
  TENON_RAFT_INVARIANT(index <= delivered_, "entries were reported as applied that were not handed out");
  applied_ = std::max(applied_, index);
}

void Log::trim(std::size_t bytes_max) {
  if (tail_bytes_ > bytes_max) drop_tail_before(stable_ + 1);
}

void Log::drop_tail_before(Index index) {
  while (tail_head_ < tail_.size() && tail_[tail_head_].index < index) {
    tail_bytes_ -= size_of(tail_[tail_head_]);
    tail_[tail_head_].payload = {};
    ++tail_head_;
  }
  if (tail_head_ < tail_.size() && tail_head_ * 2 < tail_.size()) return;
  tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(tail_head_));
  tail_head_ = 0;
  if (tail_.empty() && tail_.capacity() > idle_capacity_max) tail_ = {};
}

void Log::rebase_after_compaction() {
  const SnapshotMeta base = reader_->base();
  TENON_RAFT_INVARIANT(base.index >= base_ && base.index <= applied_,
                       "the log was cut beyond what is applied");
  base_ = base.index;
  base_term_ = base.term;
  if (last_ == base_) last_term_ = base_term_;
}

void Log::rebase_after_snapshot() {
  const SnapshotMeta base = reader_->base();
  TENON_RAFT_INVARIANT(base.index > commit_,
                       "a snapshot was installed that holds less than the state before");
  TENON_RAFT_INVARIANT(reader_->last_index() == base.index,
                       "the log has entries beyond the installed snapshot");
  tail_ = {};
  tail_head_ = tail_bytes_ = 0;
  base_ = last_ = commit_ = delivered_ = applied_ = written_ = stable_ = base.index;
  base_term_ = last_term_ = base.term;
}

std::size_t Log::memory_bytes() const {
  return tail_.capacity() * sizeof(Entry) + tail_bytes_;
}

}  // namespace tenon::raft
