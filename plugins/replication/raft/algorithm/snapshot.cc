// Snapshots as far as the algorithm is concerned: who needs one, what it stands for, when it is in place
// (paper section 7). The state itself moves between the owners.

#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/invariant.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {

SnapshotMeta Core::meta_at(Index index) const {
  TENON_RAFT_INVARIANT(index >= log_.base() && index <= log_.applied(),
                       "a snapshot was asked for of no state");
  const std::optional<Term> term = log_.term(index);
  const bool latest = mutated(Mutation::snapshot_with_uncommitted_configuration);
  return {index, term.value_or(0), latest ? configurations_.latest() : configurations_.at(index)};
}

// ---- Leader

void Core::offer_snapshot(Progress& progress) {
  if (!progress.active() || log_.applied() == 0) return;
  Message offer = make(MessageType::snapshot, progress.node());
  offer.snapshot = meta_at(log_.applied());
  progress.become_snapshot(offer.snapshot.index);
  send(std::move(offer));
}

void Core::snapshot_send_failed(NodeId node) {
  Progress* const progress = role_ == Role::leader ? peer(node) : nullptr;
  if (progress == nullptr || progress->state() != ProgressState::snapshot) return;
  progress->become_probe();
  progress->pause();  // until the peer answers a heartbeat, so that failures don't follow each other at once
}

// ---- Follower

void Core::handle_snapshot(Message& message) {
  if (installing_) return;
  const SnapshotMeta& offered = message.snapshot;
  if (offered.index <= log_.commit()) return acknowledge(message.from, log_.commit());
  if (log_.matches(offered.index, offered.term)) {
    log_.commit_to(offered.index);
    return acknowledge(message.from, offered.index);
  }
  if (!offered.configuration.valid() || offered.term > message.term) return;
  installing_ = Install{message.from, std::move(message.snapshot)};
  install_shown_ = false;
}

bool Core::begin_install(const SnapshotMeta& meta) {
  if (role_ == Role::leader || concluded_ || !meta.configuration.valid()) return false;
  if (installing_ && meta.index < installing_->meta.index) return false;
  if (meta.index <= log_.commit()) return false;
  // Entries behind it may be acknowledged, and would go with the log.
  if (log_.matches(meta.index, meta.term)) {
    log_.commit_to(meta.index);
    return false;
  }
  awake();
  if (role_ != Role::follower) become_follower(hard_.term, NodeId::none);
  installing_ = Install{leader_, meta};
  install_shown_ = true;
  return true;
}

void Core::snapshot_installed(const SnapshotMeta& installed) {
  TENON_RAFT_INVARIANT(installing_ && install_shown_, "a snapshot was installed that was not asked for");
  TENON_RAFT_INVARIANT(installed.index >= installing_->meta.index && installed.configuration.valid(),
                       "another snapshot was installed than was asked for");
  installing_.reset();
  needs_state_ = false;
  log_.rebase_after_snapshot();
  TENON_RAFT_INVARIANT(log_.base() == installed.index && log_.last_term() == installed.term,
                       "the log does not begin at the installed snapshot");
  const bool keep = mutated(Mutation::snapshot_configuration_ignored);
  configurations_.reset(keep ? SnapshotMeta{installed.index, installed.term, configuration()} : installed);
  if (installed.term > hard_.term) become_follower(installed.term, NodeId::none);
  if (leader_ != NodeId::none) acknowledge(leader_, installed.index);
}

void Core::snapshot_failed() {
  TENON_RAFT_INVARIANT(installing_ && install_shown_, "a snapshot failed that was not asked for");
  installing_.reset();
}

void Core::compacted() {
  log_.rebase_after_compaction();
  configurations_.compact(log_.base());
}

}  // namespace tenon::raft
