// Configurations and their changes (paper section 6), leadership transfer (dissertation 3.10), the
// end of a group that has lost its majority.

#include <algorithm>
#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {

// ---- The configuration in force

bool Core::configuration_committed() const {
  return configurations_.latest_index() <= log_.commit();
}

// A leader's view of its peers follows the configuration; what is known of those that stay is kept.
void Core::configuration_changed() {
  if (role_ != Role::leader) return;
  std::vector<Progress> peers;
  for (const NodeId node : configuration().members()) {
    Progress* const known = peer(node);
    peers.push_back(known != nullptr ? std::move(*known) : Progress(node, log_.last() + 1));
    if (known == nullptr) peers.back().set_active(true);
  }
  peers_ = std::move(peers);
  replicate_ = true;
}

// ---- Changes

bool Core::caught_up(NodeId node) const {
  const Progress* const progress = role_ == Role::leader ? peer(node) : nullptr;
  if (progress == nullptr) return false;
  if (node == options_.self) return true;
  return progress->active() && progress->state() == ProgressState::replicate &&
         progress->match() + options_.catch_up_entries_max >= log_.last();
}

// What stands against a change, or accepted.
ProposeStatus Core::check_change(const Configuration& target) const {
  if (role_ != Role::leader) return ProposeStatus::not_leader;
  if (transferee_ != NodeId::none) return ProposeStatus::transferring;
  if (!target.valid() || target.joint()) return ProposeStatus::invalid;
  const Configuration& current = configuration();
  const bool overlapping = !configuration_committed() || current.joint();
  if (overlapping && !mutated(Mutation::change_while_another_is_pending)) return ProposeStatus::pending;
  // Until then an uncommitted change of an earlier leader may still come back (Ongaro, raft-dev 2015).
  if (!committed_in_term() && !mutated(Mutation::change_before_commit_in_term)) return ProposeStatus::pending;
  if (target.voters == current.voters && target.learners == current.learners) return ProposeStatus::no_change;
  const bool ready = std::all_of(target.voters.begin(), target.voters.end(),
                                 [&](NodeId node) { return current.is_voter(node) || caught_up(node); });
  return ready ? ProposeStatus::accepted : ProposeStatus::not_caught_up;
}

ProposeResult Core::propose_change(const Configuration& target) {
  ProposeResult result{check_change(target), 0, 0, hard_.term, leader_};
  if (result.status != ProposeStatus::accepted) return result;
  awake();
  Configuration next = target;
  if (target.voters != configuration().voters && !mutated(Mutation::several_changes_without_joint)) {
    next.voters_outgoing = configuration().voters;
  }
  return append_configuration(std::move(next));
}

ProposeResult Core::append_configuration(Configuration configuration) {
  configuration.epoch = this->configuration().epoch + 1;
  const Entry entry = own_entry(EntryKind::configuration, Payload::copy(encode_configuration(configuration)));
  append_own({entry});
  return {ProposeStatus::accepted, entry.index, entry.index, entry.term, leader_};
}

// A joint configuration that both majorities hold has served its purpose. Nothing is appended while
// leadership moves: whoever takes over has everything then, and leaves by itself.
void Core::maybe_leave_joint() {
  if (role_ != Role::leader || !configuration().joint() || transferee_ != NodeId::none) return;
  const bool held = configuration_committed() && committed_in_term();
  if (!held && !mutated(Mutation::joint_left_before_commit)) return;
  Configuration next = configuration();
  next.voters_outgoing.clear();
  append_configuration(std::move(next));
}

// A leader that is no voter any more has led only to commit that (paper section 6). The one that knows most
// goes on.
void Core::step_down_if_removed() {
  if (role_ != Role::leader || !configuration_committed() || configuration().is_voter(options_.self)) return;
  replicate_to_all();
  const auto complete = std::find_if(peers_.begin(), peers_.end(), [&](const Progress& progress) {
    return progress.match() == log_.last() && configuration().is_voter(progress.node());
  });
  if (complete != peers_.end()) send(make(MessageType::timeout_now, complete->node()));
  become_follower(hard_.term, NodeId::none);
}

// ---- Leadership transfer

TransferStatus Core::transfer_leader(NodeId to) {
  if (role_ != Role::leader) return TransferStatus::not_leader;
  Progress* const target = peer(to);
  if (target == nullptr || to == options_.self || !configuration().is_voter(to))
    return TransferStatus::no_voter;
  if (transferee_ != NodeId::none) return TransferStatus::pending;
  if (lags(*target)) return TransferStatus::lagging;
  awake();
  idle_ticks_ = 0;
  transferee_ = to;
  transfer_ticks_ = 0;
  maybe_send_timeout_now(*target);
  replicate_ = true;
  return TransferStatus::started;
}

void Core::maybe_send_timeout_now(const Progress& progress) {
  if (progress.node() != transferee_) return;
  if (progress.match() != log_.last() && !mutated(Mutation::transfer_to_lagging_voter)) return;
  lease_allowed_ = false;
  send(make(MessageType::timeout_now, transferee_));
}

bool Core::lags(const Progress& progress) const {
  return options_.slow_disk_ticks != 0 && progress.lag_ticks() >= options_.slow_disk_ticks;
}

// Nothing is applied before it is durable here, so a leader with a slow disk holds everybody up, though a
// majority without it has what it commits. The voter that has most goes on.
void Core::leave_slow_disk() {
  Progress* const self = peer(options_.self);
  if (self == nullptr || !lags(*self) || transferee_ != NodeId::none) return;
  const Progress* heir = nullptr;
  for (const Progress& progress : peers_) {
    const bool fit = configuration().is_voter(progress.node()) && progress.active() && !progress.down() &&
                     !lags(progress) && progress.match() > self->match();
    if (fit && (heir == nullptr || progress.match() > heir->match())) heir = &progress;
  }
  // Right behind a look at the quorum nobody has been heard yet; a tick later they have.
  if (heir == nullptr || transfer_leader(heir->node()) != TransferStatus::started) return;
  self->forget_lag();
  is_disk_slow_ = true;
}

void Core::handle_timeout_now(const Message& message) {
  if (role_ != Role::leader && message.from == leader_) start_campaign(true);
}

// ---- A group's end

std::optional<Index> Core::conclude() {
  if (role_ == Role::leader || installing_ || needs_state_ || !all_durable()) return std::nullopt;
  if (!std::exchange(concluded_, true)) {
    become_follower(hard_.term, NodeId::none);
    deferred_vote_.reset();
    outbox_.clear();
    log_.commit_to(log_.last());
  }
  return log_.last();
}

}  // namespace tenon::raft
