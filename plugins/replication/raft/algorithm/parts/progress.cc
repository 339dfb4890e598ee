#include "algorithm/parts/progress.h"

#include <algorithm>

#include "algorithm/parts/mutation.h"

namespace tenon::raft {

void Progress::enter(ProgressState state) {
  state_ = state;
  waiting_ = false;
  snapshot_ = 0;
  snapshot_ticks_ = 0;
  sent_commit_ = 0;
  inflights_.clear();
}

void Progress::become_probe() {
  // Where a snapshot was on its way, it may have arrived though nobody said so.
  next_ = state_ == ProgressState::snapshot ? std::max(match_, snapshot_) + 1 : match_ + 1;
  enter(ProgressState::probe);
}

void Progress::become_replicate() {
  next_ = match_ + 1;
  enter(ProgressState::replicate);
}

void Progress::become_snapshot(Index index) {
  enter(ProgressState::snapshot);
  snapshot_ = index;
}

bool Progress::acknowledge(Index index) {
  waiting_ = false;
  next_ = std::max(next_, index + 1);
  if (index <= match_) return false;
  match_ = index;
  inflights_.acknowledge(index);
  return true;
}

bool Progress::reject(Index rejected, Index retry) {
  if (state_ == ProgressState::replicate) {
    if (rejected <= match_) return false;
    become_probe();
    return true;
  }
  // Probing sends one append at a time, so an answer to another one is old.
  if (state_ == ProgressState::snapshot || rejected + 1 != next_) return false;
  next_ = std::max(std::min(rejected, retry + 1), match_ + 1);
  waiting_ = false;
  return true;
}

bool Progress::paused(const Options& options) const {
  switch (state_) {
    case ProgressState::probe:
      return waiting_;
    case ProgressState::replicate:
      return waiting_ || inflights_.full(options.inflight_count_max, options.inflight_bytes_max);
    case ProgressState::snapshot:
      break;
  }
  return true;
}

void Progress::sent_append(std::size_t count, std::size_t bytes, Index commit) {
  sent_commit_ = std::max(sent_commit_, commit);
  if (state_ == ProgressState::probe) {
    waiting_ = true;
  } else if (count > 0) {
    next_ += count;
    inflights_.add(next_ - 1, bytes);
  }
}

void Progress::tick_lag(Index commit) {
  if (match_ < awaited_) {
    ++lag_ticks_;
    return;
  }
  awaited_ = commit;
  lag_ticks_ = 0;
}

bool Progress::tick_snapshot(std::uint32_t ticks_max) {
  if (state_ != ProgressState::snapshot || ++snapshot_ticks_ < ticks_max) return false;
  if (mutated(Mutation::no_snapshot_time_out)) return false;
  become_probe();
  return true;
}

}  // namespace tenon::raft
