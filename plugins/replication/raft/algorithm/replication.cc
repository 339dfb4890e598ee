// A follower's log, a leader's sending and committing: paper sections 5.3 and 5.4.2.

#include <algorithm>
#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/invariant.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {
namespace {

// Entries follow each other and the one before them, and no term is beyond the sender's.
bool is_consistent(const Message& append) {
  Index index = append.index;
  Term term = append.log_term;
  for (const Entry& entry : append.entries) {
    if (entry.index != ++index || entry.term < term) return false;
    term = entry.term;
  }
  return term <= append.term;
}

}  // namespace

// ---- Both

// Every change of the log but a snapshot passes here, so that the configuration in force is the latest in the
// log.
void Core::append_to_log(const std::vector<Entry>& entries) {
  log_.append(entries);
  bool changed = false;
  if (!mutated(Mutation::configuration_not_rolled_back))
    changed = configurations_.truncate(entries.front().index);
  for (const Entry& entry : entries) {
    if (entry.kind != EntryKind::configuration) continue;
    std::optional<Configuration> configuration = decode_configuration(entry.payload.view());
    TENON_RAFT_INVARIANT(configuration.has_value(), "a leader sent a configuration that can't be read");
    configurations_.append(entry.index, std::move(*configuration));
    changed = true;
  }
  if (changed) configuration_changed();
}

// ---- Follower

void Core::handle_append(Message& message) {
  if (installing_ || !is_consistent(message)) return;
  if (needs_state_) return refuse_without_state(message);
  if (skip_committed(message)) return acknowledge(message.from, log_.commit());
  if (log_.matches(message.index, message.log_term) || mutated(Mutation::no_log_matching_check)) {
    if (message.index > log_.last()) return;
    return append_matching(message);
  }
  Message answer = make(MessageType::append_response, message.from);
  answer.reject = true;
  answer.index = message.index;
  // The leader can't agree with anything of a later term than its own entry there.
  answer.hint = log_.last_not_beyond(message.index, message.log_term);
  answer.log_term = log_.term(answer.hint).value_or(0);
  send_durable(std::move(answer));
}

void Core::refuse_without_state(const Message& append) {
  Message answer = make(MessageType::append_response, append.from);
  answer.reject = true;
  answer.installing = true;
  answer.index = append.index;
  send_durable(std::move(answer));
}

// Drops from an append what is committed here, and so agrees with the log of every later leader (leader
// completeness, paper section 5.4.3). True when nothing is left.
bool Core::skip_committed(Message& message) const {
  const Index commit = log_.commit();
  if (message.index >= commit) return false;
  for (const Entry& entry : message.entries) {
    if (entry.index > commit) break;
    const std::optional<Term> mine = log_.term(entry.index);
    TENON_RAFT_INVARIANT(!mine || *mine == entry.term, "a leader differs in a committed entry");
  }
  const Index known = std::min<Index>(commit - message.index, message.entries.size());
  message.entries.erase(message.entries.begin(),
                        message.entries.begin() + static_cast<std::ptrdiff_t>(known));
  message.index = commit;
  message.log_term = log_.term(commit).value_or(0);
  return message.entries.empty();
}

// The entry before those of the message is the leader's too.
void Core::append_matching(Message& message) {
  const Index matched = message.index + message.entries.size();
  const auto differs = [&](const Entry& entry) { return !log_.matches(entry.index, entry.term); };
  auto first_new = std::find_if(message.entries.begin(), message.entries.end(), differs);
  if (mutated(Mutation::append_always_truncates)) {
    while (first_new != message.entries.begin() && (first_new - 1)->index > log_.commit()) --first_new;
    if (first_new == message.entries.end() && !message.entries.empty()) first_new = message.entries.begin();
  }
  if (first_new != message.entries.end()) {
    message.entries.erase(message.entries.begin(), first_new);
    append_to_log(message.entries);
  }
  // What comes after the last entry of this message may be left over from an earlier leader.
  log_.commit_to(
      std::min(message.commit, mutated(Mutation::commit_to_own_last_index) ? log_.last() : matched));
  acknowledge(message.from, mutated(Mutation::acknowledge_own_last_index) ? log_.last() : matched);
}

void Core::acknowledge(NodeId to, Index index) {
  Message answer = make(MessageType::append_response, to);
  answer.index = index;
  if (mutated(Mutation::acknowledge_before_durable)) return send(std::move(answer));
  send_durable(std::move(answer));
}

void Core::handle_heartbeat(const Message& message) {
  // To a replica without a state, one that was sent before it was emptied says nothing.
  if (!installing_ && !needs_state_) {
    const bool trusting = mutated(Mutation::heartbeat_commit_beyond_match);
    log_.commit_to(trusting ? std::min(message.commit, log_.last()) : message.commit);
  }
  if (message.quiesce && follow_to_sleep(message)) return;
  Message answer = make(MessageType::heartbeat_response, message.from);
  answer.context = message.context;
  answer.installing = installing_.has_value();
  send_durable(std::move(answer));
}

// ---- Leader: what followers say

void Core::handle_append_response(Progress& progress, const Message& message) {
  replicate_ = true;
  if (message.reject && message.installing) {
    // Of a member that has acknowledged something since, this is an old answer.
    if (progress.match() == 0 && progress.state() != ProgressState::snapshot) offer_snapshot(progress);
    return;
  }
  if (message.reject) {
    progress.reject(message.index, log_.last_not_beyond(message.hint, message.log_term));
    return;
  }
  if (message.index > log_.last()) return;
  const bool news = progress.acknowledge(message.index);
  if (progress.state() == ProgressState::probe && progress.match() == message.index)
    progress.become_replicate();
  if (progress.state() == ProgressState::snapshot && progress.match() >= log_.base())
    progress.become_replicate();
  if (!news) return;
  maybe_send_timeout_now(progress);
  maybe_commit();  // may end the leadership, and `progress` with it
}

void Core::handle_heartbeat_response(Progress& progress, const Message& message) {
  progress.resume();
  if (message.installing) progress.snapshot_alive();
  progress.answered_round(mutated(Mutation::any_heartbeat_answer_confirms_reads) ? round_ : message.context);
  // An append may have been lost; an empty one finds out where the peer is. Who is probed gets one even if it
  // is level: only an answer to an append ends the probing, and in an idle group nothing else causes one.
  const bool probed = progress.state() == ProgressState::probe && !mutated(Mutation::level_peer_not_probed);
  const bool behind = progress.state() != ProgressState::snapshot && progress.match() < log_.last();
  if (probed || behind) send_append(progress, true);
  confirm_rounds();
}

// ---- Leader: its own log

Entry Core::own_entry(EntryKind kind, Payload payload) const {
  return Entry{log_.last() + 1, hard_.term, kind, std::move(payload)};
}

void Core::append_own(std::vector<Entry> entries) {
  append_to_log(entries);
  replicate_ = true;
  idle_ticks_ = 0;
  if (mutated(Mutation::leader_counts_itself_before_durable)) {
    Progress* const self = peer(options_.self);
    if (self != nullptr && self->acknowledge(log_.last())) maybe_commit();
  }
}

ProposeResult Core::propose(std::span<const Payload> payloads) {
  ProposeResult result{ProposeStatus::not_leader, 0, 0, hard_.term, leader_};
  if (role_ != Role::leader) return result;
  if (payloads.empty()) return result.status = ProposeStatus::invalid, result;
  if (transferee_ != NodeId::none) return result.status = ProposeStatus::transferring, result;
  if (uncommitted_.full(SIZE_MAX, options_.uncommitted_bytes_max)) {
    return result.status = ProposeStatus::overloaded, result;
  }
  awake();
  std::vector<Entry> entries;
  entries.reserve(payloads.size());
  std::size_t bytes = 0;
  for (const Payload& payload : payloads) {
    entries.push_back(own_entry(EntryKind::command, payload));
    entries.back().index += entries.size() - 1;
    bytes += size_of(entries.back());
  }
  result.status = ProposeStatus::accepted;
  result.first = entries.front().index;
  result.last = entries.back().index;
  uncommitted_.add(result.last, bytes);
  append_own(std::move(entries));
  return result;
}

void Core::maybe_commit() {
  const auto match_of = [&](NodeId node) {
    const Progress* const progress = peer(node);
    return progress == nullptr ? Index{0} : progress->match();
  };
  Index index = quorum_value(configuration(), match_of);
  if (mutated(Mutation::joint_commit_by_new_majority))
    index = majority_value(configuration().voters, match_of);
  if (mutated(Mutation::learner_counts_in_commit))
    index = majority_value(configuration().members(), match_of);
  if (index <= log_.commit()) return;
  // Entries of earlier terms are never committed by counting replicas (paper section 5.4.2, figure 8).
  if (!log_.matches(index, hard_.term) && !mutated(Mutation::commit_old_term_by_counting)) return;
  log_.commit_to(index);
  uncommitted_.acknowledge(index);
  replicate_ = true;
  release_waiting_reads();
  maybe_leave_joint();
  step_down_if_removed();
}

bool Core::committed_in_term() const {
  return log_.matches(log_.commit(), hard_.term);
}

// ---- Leader: sending

void Core::replicate_to_all() {
  for (Progress& progress : peers_) replicate_to(progress);
}

void Core::replicate_to(Progress& progress) {
  if (progress.node() == options_.self) return;
  bool even_empty = progress.sent_commit() < log_.commit() || progress.state() == ProgressState::probe;
  while (!progress.paused(options_) && send_append(progress, even_empty)) even_empty = false;
}

// Sends one append, or offers a snapshot where the log no longer reaches back. False when there is nothing
// more to send.
bool Core::send_append(Progress& progress, bool even_empty) {
  const Index before = progress.next() - 1;
  if (before < log_.base()) {
    offer_snapshot(progress);
    return false;
  }
  std::vector<Entry> entries;
  if (progress.next() <= log_.last() && !progress.paused(options_)) {
    entries = log_.entries(progress.next(), log_.last() + 1, options_.message_bytes_max);
  }
  if (entries.empty() && !even_empty) return false;

  Message append = make(MessageType::append, progress.node());
  append.index = before;
  append.log_term = log_.term(before).value_or(0);
  append.commit = log_.commit();
  std::size_t bytes = 0;
  for (const Entry& entry : entries) bytes += size_of(entry);
  progress.sent_append(entries.size(), bytes, append.commit);
  append.entries = std::move(entries);
  send(std::move(append));
  return progress.next() <= log_.last();
}

void Core::broadcast_heartbeats() {
  ++round_;
  if (options_.lease_reads) round_times_.push_back({round_, now_});
  for (Progress& progress : peers_) {
    if (progress.node() == options_.self) {
      progress.answered_round(round_);
      continue;
    }
    Message heartbeat = make(MessageType::heartbeat, progress.node());
    // What the peer has beyond its match may differ from this log.
    heartbeat.commit = std::min(log_.commit(), progress.match());
    if (mutated(Mutation::heartbeat_commit_beyond_match)) heartbeat.commit = log_.commit();
    heartbeat.context = round_;
    send(std::move(heartbeat));
  }
  confirm_rounds();
}

void Core::unreachable(NodeId node) {
  Progress* const progress = role_ == Role::leader ? peer(node) : nullptr;
  if (progress == nullptr || progress->state() != ProgressState::replicate) return;
  progress->become_probe();
  awake();  // who sleeps probes nobody
}

}  // namespace tenon::raft
