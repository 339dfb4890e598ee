#include "driver/membership_change.h"

#include <algorithm>

namespace tenon::raft {

bool configuration_in_motion(const Group& group) {
  return group.configuration().joint() || !group.status().configuration_committed;
}

tenon_status MembershipChange::begin(Group& group, const Configuration& target) {
  if (!target.valid() || target.joint()) return TENON_E_INVALID;
  if (!group.leading() || pending() || configuration_in_motion(group)) return TENON_E_STATE;
  target_ = target;
  progress_ = 0;
  stalled_ticks_ = 0;
  absent_ticks_ = 0;
  advance(group);
  return TENON_OK;
}

bool MembershipChange::all_learn(const Configuration& now) const {
  return std::all_of(target_->voters.begin(), target_->voters.end(),
                     [&](NodeId node) { return now.is_member(node); });
}

bool MembershipChange::all_caught_up(const Group& group) const {
  const Configuration& now = group.configuration();
  return std::all_of(target_->voters.begin(), target_->voters.end(),
                     [&](NodeId node) { return now.is_voter(node) || group.caught_up(node); });
}

Configuration MembershipChange::learning_step(const Configuration& now) const {
  Configuration step = now;
  for (const NodeId node : target_->voters)
    if (!now.is_member(node)) step.learners.push_back(node);
  step.normalise();
  return step;
}

void MembershipChange::advance(Group& group) {
  if (!target_) return;
  if (!group.leading()) return target_.reset();
  const Configuration now = group.configuration();
  if (now.joint()) return;
  const bool last = all_learn(now);
  if (last && !all_caught_up(group)) return;
  switch (group.propose_change(last ? *target_ : learning_step(now)).status) {
    case ProposeStatus::accepted:
      if (last) target_.reset();
      return;
    case ProposeStatus::transferring:
    case ProposeStatus::overloaded:
    case ProposeStatus::pending:
    case ProposeStatus::not_caught_up:
      return;  // tried again with the next turn
    case ProposeStatus::not_leader:
    case ProposeStatus::no_change:
    case ProposeStatus::invalid:
    case ProposeStatus::poisoned:
      return target_.reset();
  }
}

bool MembershipChange::is_new_voter(const Configuration& now, NodeId node) const {
  return !now.is_voter(node) &&
         std::find(target_->voters.begin(), target_->voters.end(), node) != target_->voters.end();
}

// Others that learn go on in any case, and say nothing of how far the change has come.
Index MembershipChange::progress(const Group& group) const {
  const Configuration& now = group.configuration();
  Index sum = now.epoch;
  for (const PeerStatus& peer : group.status().peers)
    if (is_new_voter(now, peer.node)) sum += peer.match;
  return sum;
}

bool MembershipChange::tick(const Group& group, const std::set<NodeId>& down,
                            const std::vector<NodeId>& sending, const Patience& patience) {
  if (!target_) return false;
  const Configuration& now = group.configuration();
  const auto is_new = [&](NodeId node) { return is_new_voter(now, node); };
  const bool is_absent = std::any_of(down.begin(), down.end(), is_new);
  const bool is_filled = std::any_of(sending.begin(), sending.end(), is_new);
  const Index reached = progress(group);
  if (is_filled || reached != progress_) stalled_ticks_ = 0;
  progress_ = reached;
  absent_ticks_ = is_absent ? absent_ticks_ + 1 : 0;
  if (++stalled_ticks_ < patience.stall_ticks_max && absent_ticks_ < patience.absent_ticks_max) return false;
  target_.reset();
  return true;
}

}  // namespace tenon::raft
