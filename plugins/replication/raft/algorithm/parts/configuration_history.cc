#include "algorithm/parts/configuration_history.h"

#include <utility>

#include "algorithm/parts/invariant.h"

namespace tenon::raft {

void ConfigurationHistory::reset(const SnapshotMeta& base) {
  records_.clear();
  records_.push_back({base.index, base.configuration});
}

void ConfigurationHistory::append(Index index, Configuration configuration) {
  TENON_RAFT_INVARIANT(index > latest_index(), "a configuration came out of order");
  records_.push_back({index, std::move(configuration)});
}

bool ConfigurationHistory::truncate(Index index) {
  bool changed = false;
  while (records_.size() > 1 && records_.back().index >= index) {
    records_.pop_back();
    changed = true;
  }
  return changed;
}

void ConfigurationHistory::compact(Index index) {
  auto keep = records_.begin();
  while (keep + 1 != records_.end() && (keep + 1)->index <= index) ++keep;
  records_.erase(records_.begin(), keep);
}

const Configuration& ConfigurationHistory::at(Index index) const {
  auto record = records_.rbegin();
  while (record + 1 != records_.rend() && record->index > index) ++record;
  return record->configuration;
}

std::size_t ConfigurationHistory::memory_bytes() const {
  std::size_t bytes = records_.capacity() * sizeof(Record);
  for (const Record& record : records_) {
    const Configuration& configuration = record.configuration;
    bytes += sizeof(NodeId) * (configuration.voters.capacity() + configuration.voters_outgoing.capacity() +
                               configuration.learners.capacity());
  }
  return bytes;
}

}  // namespace tenon::raft
