// Idle groups fall asleep: no heartbeats, no election time-outs. Who leads is watched over by the failure
// detector of the nodes meanwhile, one for all groups.

#include <algorithm>
#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {

// Nothing is under way, and every replica but those on dead nodes has and applied everything.
bool Core::can_quiesce() const {
  if (transferee_ != NodeId::none || configuration().joint() || !waiting_reads_.empty() ||
      !leader_reads_.empty()) {
    return false;
  }
  if (log_.commit() != log_.last() || log_.applied() != log_.last() || !all_durable()) return false;
  if (mutated(Mutation::quiesce_without_match)) return true;
  const auto is_level = [&](const Progress& progress) {
    if (progress.node() == options_.self || progress.down()) return true;
    return progress.active() && progress.match() == log_.last() &&
           progress.state() == ProgressState::replicate && progress.sent_commit() == log_.commit();
  };
  return std::all_of(peers_.begin(), peers_.end(), is_level) && has_quorum(configuration(), [&](NodeId node) {
           const Progress* const progress = peer(node);
           return progress != nullptr && !progress->down();
         });
}

void Core::maybe_quiesce() {
  if (options_.quiesce_ticks == 0 || idle_ticks_ < options_.quiesce_ticks || !can_quiesce()) return;
  send_to_sleep();
  quiesced_ = true;
}

void Core::send_to_sleep() {
  ++round_;
  for (const Progress& progress : peers_) {
    if (progress.node() == options_.self || progress.down()) continue;
    Message good_night = make(MessageType::heartbeat, progress.node());
    good_night.quiesce = true;
    good_night.index = log_.last();
    good_night.log_term = log_.last_term();
    good_night.commit = std::min(log_.commit(), progress.match());
    good_night.context = round_;
    send(std::move(good_night));
  }
}

// A follower that is level with its leader sleeps too, and says nothing; any other answers, which wakes the
// leader.
bool Core::follow_to_sleep(const Message& message) {
  const bool level = log_.last() == message.index && log_.last_term() == message.log_term &&
                     log_.commit() == log_.last() && log_.applied() == log_.last();
  if (!level && !mutated(Mutation::quiesce_without_match)) return false;
  if (installing_ || !all_durable() || !forwarded_reads_.empty()) return false;
  quiesced_ = true;
  return true;
}

// Answers to what was sent before falling asleep, which would wake a leader for nothing.
bool Core::is_echo(const Message& message) const {
  if (mutated(Mutation::sleeper_ignores_pre_vote) && message.type == MessageType::pre_vote) return true;
  if (role_ != Role::leader || message.term != hard_.term) return false;
  if (message.type == MessageType::heartbeat_response) return message.context < round_;
  const Progress* const sender = peer(message.from);
  return message.type == MessageType::append_response && !message.reject && sender != nullptr &&
         message.index <= sender->match();
}

void Core::awake() {
  if (!quiesced_) return;
  quiesced_ = false;
  idle_ticks_ = 0;
  election_elapsed_ = 0;
  heartbeat_elapsed_ = options_.heartbeat_ticks;  // a heartbeat with the next tick
  for (Progress& progress : peers_) progress.set_active(!progress.down());
}

void Core::wake() {
  awake();
}

void Core::peer_liveness(NodeId node, Liveness liveness) {
  const bool down = liveness == Liveness::down;
  if (role_ == Role::leader) {
    Progress* const progress = peer(node);
    if (progress == nullptr || progress->down() == down) return;
    progress->set_down(down);
    return awake();
  }
  if (node != leader_) return;
  is_leader_gone_ = down;
  if (!down) return;
  awake();
  // A lease must not be cut short by a mere hint. It is over with the election time-out.
  if (options_.lease_reads) return;
  forget_leader();
  election_elapsed_ = 0;
  election_timeout_ = ticks_behind(node);
}

// Whoever does not stand for a new leader must not name one for ever that is gone.
void Core::forget_leader() {
  leader_ = NodeId::none;
  is_leader_gone_ = false;
  drop(forwarded_reads_.take_all());
}

// Until this replica stands for a leader whose node is gone. Members have their turns one after another, and
// do not take votes from each other; who is first differs from group to group, since many lose their leader
// at once.
std::uint32_t Core::ticks_behind(NodeId gone) {
  const std::uint32_t turn = std::max(2U, options_.election_ticks / 5);
  std::uint64_t heirs = 0;
  std::uint64_t place = 0;
  for (const NodeId node : configuration().members()) {
    if (node == gone || !configuration().is_voter(node)) continue;
    if (node == options_.self) place = heirs;
    ++heirs;
  }
  if (heirs > 0) place = (place + options_.group_salt) % heirs;
  const std::uint64_t wait = std::min<std::uint64_t>(place * turn, options_.election_ticks);
  return 1 + static_cast<std::uint32_t>(wait + random_.below(turn));
}

}  // namespace tenon::raft
