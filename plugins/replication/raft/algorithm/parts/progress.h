#pragma once

#include <cstddef>
#include <cstdint>

#include "algorithm/options.h"
#include "algorithm/parts/inflights.h"
#include "algorithm/status.h"
#include "algorithm/types.h"

namespace tenon::raft {

// What a leader knows of one member, itself included, and how it sends to it. All moves between the states
// are here.
//
// Invariant: match < next. Entries from next on were not sent in the present state.
class Progress {
 public:
  Progress(NodeId node, Index next) : node_(node), next_(next) {}

  NodeId node() const { return node_; }
  ProgressState state() const { return state_; }
  Index match() const { return match_; }  // durable at the member and the same as here
  Index next() const { return next_; }

  void become_probe();
  void become_replicate();
  // The member is to get the state up to `index`, which is not its progress until it says so.
  void become_snapshot(Index index);

  // The member has everything up to `index`. False when that was known.
  bool acknowledge(Index index);

  // The member rejected an append whose preceding entry was at `rejected`; `retry` is where to try next.
  // False when the answer is to something older than what is known now.
  bool reject(Index rejected, Index retry);

  // Whether an append must wait: for an answer, for room, or for a snapshot.
  bool paused(const Options& options) const;

  // An append was sent, with `count` entries, perhaps none, and this commit index.
  void sent_append(std::size_t count, std::size_t bytes, Index commit);

  // A member that answers may be tried again, in case the last append was lost.
  void resume() { waiting_ = false; }
  // No append before resume().
  void pause() { waiting_ = true; }

  // The highest commit index that an append carried in the present state.
  Index sent_commit() const { return sent_commit_; }

  // ---- A snapshot under way

  void snapshot_alive() { snapshot_ticks_ = 0; }
  // True when the snapshot has shown no sign of life for ticks_max and was given up.
  bool tick_snapshot(std::uint32_t ticks_max);

  // ---- Whether it keeps up

  // A tick has passed, at whose end everything up to `commit` is committed.
  void tick_lag(Index commit);
  // So many ticks it has been without something that was committed before them.
  std::uint32_t lag_ticks() const { return lag_ticks_; }
  // Counts anew.
  void forget_lag() { lag_ticks_ = 0; }

  // ---- Whether it is there

  bool active() const { return active_; }  // heard of since the last check of the quorum
  void set_active(bool active) { active_ = active; }
  bool down() const { return down_; }  // by the failure detector
  void set_down(bool down) { down_ = down; }

  // The latest round of heartbeats that it answered.
  std::uint64_t round() const { return round_; }
  void answered_round(std::uint64_t round) { round_ = round > round_ ? round : round_; }

  std::size_t memory_bytes() const { return inflights_.memory_bytes(); }

 private:
  void enter(ProgressState state);

  NodeId node_;
  Index match_ = 0;
  Index next_;
  ProgressState state_ = ProgressState::probe;
  bool waiting_ = false;
  bool active_ = false;
  bool down_ = false;
  std::uint32_t snapshot_ticks_ = 0;
  Index snapshot_ = 0;
  Index awaited_ = 0;  // what lag_ticks_ counts for
  std::uint32_t lag_ticks_ = 0;
  Index sent_commit_ = 0;
  std::uint64_t round_ = 0;
  Inflights inflights_;
};

}  // namespace tenon::raft
