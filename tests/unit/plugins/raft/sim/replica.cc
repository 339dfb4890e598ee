#include "sim/replica.h"

#include <algorithm>
#include <utility>

namespace tenon::raft::sim {
namespace {

std::uint64_t mix(std::uint64_t digest, std::uint64_t value) {
  digest ^= value + 0x9E3779B97F4A7C15u + (digest << 6) + (digest >> 2);
  return digest * 0xD6E8FEB86659FD93u;
}

}  // namespace

void State::apply(const Entry& entry) {
  digest = mix(mix(digest, entry.index), entry.term);
  for (const char byte : entry.payload.view()) digest = mix(digest, static_cast<unsigned char>(byte));
  applied = entry.index;
}

SnapshotMeta founding(std::vector<NodeId> voters) {
  SnapshotMeta base{1, 1, {}};
  base.configuration.voters = std::move(voters);
  base.configuration.normalise();
  return base;
}

Replica::Replica(const Begin& begin, Observer* observer)
    : begin_(begin),
      observer_(observer),
      disk_(begin.base,
            begin.hard_state.value_or(HardState{begin.base.term, NodeId::none, begin.base.index, 0}),
            begin.entries) {
  saved_.applied = begin.base.index;
  saved_.meta = begin.base;
  if (begin.bug == OwnerBug::fsync_skipped) disk_.skip_sync();
}

void Replica::start(std::uint64_t seed) {
  state_ = saved_;
  Options options = begin_.options;
  options.seed = seed;
  group_.emplace(options, Start{disk_.hard_state(), state_.applied}, disk_);
  if (observer_ != nullptr) observer_->restarted(id());
}

void Replica::crash(std::size_t kept_writes) {
  group_.reset();
  wanted_.reset();
  disk_.crash(kept_writes);
}

void Replica::run(std::vector<Message>* out) {
  while (group_->has_ready()) handle(group_->ready(), out);
}

void Replica::handle(Ready ready, std::vector<Message>* out) {
  if (ready.write != 0) {
    if (observer_ != nullptr) observer_->appended(id(), ready.entries);
    disk_.begin(ready);
  }
  for (Message& message : ready.messages) out->push_back(std::move(message));
  for (const Entry& entry : ready.committed) {
    state_.apply(entry);
    if (observer_ != nullptr) observer_->applied(id(), entry, state_);
  }
  if (!ready.committed.empty()) group_->applied(ready.committed.back().index);
  if (ready.install) wanted_ = ready.install;
  if (observer_ == nullptr) return;
  for (const ReadResult& result : ready.reads) observer_->read(id(), result);
}

void Replica::complete_writes() {
  while (disk_.pending() > 0) complete_write();
}

void Replica::install(const State& state) {
  wanted_.reset();
  state_ = saved_ = state;
  disk_.reset(state.meta);
  if (observer_ != nullptr) observer_->installed(id(), state);
  group_->snapshot_installed(state.meta);
}

void Replica::fail_install() {
  wanted_.reset();
  group_->snapshot_failed();
}

void Replica::save() {
  if (begin_.bug == OwnerBug::applied_index_not_in_batch) {
    // The index that is saved is that of the batch before.
    const Index applied = saved_.applied;
    saved_ = state_;
    saved_.applied = std::max(applied, disk_.base().index);
    return;
  }
  saved_ = state_;
}

void Replica::compact(Index keep) {
  if (wanted_) return;
  save();
  const Index end = saved_.applied > keep ? saved_.applied - keep : 0;
  if (end <= disk_.base().index) return;
  const SnapshotMeta base = group_->meta_at(end);
  if (!group_->poisoned().empty()) return;
  disk_.cut(base);
  group_->compacted();
}

}  // namespace tenon::raft::sim
