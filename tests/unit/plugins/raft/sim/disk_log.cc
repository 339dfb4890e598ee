#include "sim/disk_log.h"

#include <algorithm>

namespace tenon::raft::sim {
namespace {

constexpr std::size_t writes_per_sync = 8;

bool has(const SnapshotMeta& base, const std::vector<Entry>& entries, Index index, Term term) {
  if (index <= base.index) return true;
  const Index at = index - base.index - 1;
  return at < entries.size() && entries[at].term == term;
}

}  // namespace

std::optional<Term> DiskLog::term(Index index) const {
  if (index == base_.index) return base_.term;
  if (index < base_.index || index > last_index()) return std::nullopt;
  return entries_[index - base_.index - 1].term;
}

LogRead DiskLog::entries(Index low, Index high, std::size_t bytes_max, std::vector<Entry>* entries) const {
  if (low <= base_.index || high > last_index() + 1) return LogRead::failed;
  if (busy_) return LogRead::later;
  std::size_t bytes = 0;
  for (Index index = low; index < high; ++index) {
    const Entry& entry = entries_[index - base_.index - 1];
    bytes += size_of(entry);
    if (index > low && bytes > bytes_max) break;
    entries->push_back(entry);
  }
  return LogRead::done;
}

void DiskLog::put(const Write& write) {
  if (write.hard) hard_ = *write.hard;
  if (write.entries.empty()) return;
  entries_.resize(write.entries.front().index - base_.index - 1);
  entries_.insert(entries_.end(), write.entries.begin(), write.entries.end());
}

WriteNumber DiskLog::complete() {
  const Write write = pending_.front();
  pending_.pop_front();
  put(write);
  if (lying_ && ++writes_ % writes_per_sync == 0) synced_ = Image{base_, hard_, entries_};
  return write.number;
}

void DiskLog::crash(std::size_t kept) {
  for (std::size_t i = 0; i < kept && i < pending_.size(); ++i) put(pending_[i]);
  pending_.clear();
  if (lying_ && synced_) {
    base_ = synced_->base;
    hard_ = synced_->hard;
    entries_ = synced_->entries;
  }
}

void DiskLog::cut(const SnapshotMeta& base) {
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(base.index - base_.index));
  base_ = base;
  if (lying_) synced_ = Image{base_, hard_, entries_};
}

void DiskLog::reset(const SnapshotMeta& base) {
  entries_.clear();
  base_ = base;
  if (lying_) synced_ = Image{base_, hard_, entries_};
}

bool DiskLog::holds(Index index, Term term) const {
  if (lying_) return synced_ && has(synced_->base, synced_->entries, index, term);
  return has(base_, entries_, index, term);
}

}  // namespace tenon::raft::sim
