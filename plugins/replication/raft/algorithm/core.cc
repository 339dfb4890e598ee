#include "algorithm/core.h"

#include <algorithm>
#include <utility>

#include "algorithm/parts/invariant.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {
namespace {

constexpr std::size_t scan_bytes = 1 << 20;

bool comes_from_leader(MessageType type) {
  return type == MessageType::append || type == MessageType::heartbeat || type == MessageType::snapshot;
}

bool asks_for_vote(MessageType type) {
  return type == MessageType::vote || type == MessageType::pre_vote;
}

}  // namespace

// ---- Start

Core::Core(const Options& options, const Start& start, const LogReader& log)
    : options_(options),
      random_(options.seed),
      log_(log, start.hard_state.commit, start.applied),
      configurations_(log.base()),
      hard_(start.hard_state),
      written_hard_(start.hard_state),
      needs_state_(start.needs_state) {
  const SnapshotMeta base = log.base();
  if (base.term > hard_.term) {
    // A snapshot can be of a later term than the replica has heard of, and then it has not voted in that
    // term.
    hard_.term = base.term;
    hard_.vote = NodeId::none;
  }
  TENON_RAFT_INVARIANT(hard_.term >= log_.last_term(),
                       "the log has entries of a term that the replica never saw");
  TENON_RAFT_INVARIANT(!needs_state_ || log_.last() == 0, "a replica without a state has a log");
  load_configurations(log);
  reset(hard_.term);
  shown_soft_ = soft_state();
}

void Core::load_configurations(const LogReader& log) {
  std::vector<Entry> page;
  for (Index next = log_.base() + 1; next <= log_.last(); next += page.size()) {
    page.clear();
    const LogRead read = log.entries(next, log_.last() + 1, scan_bytes, &page);
    TENON_RAFT_INVARIANT(read != LogRead::later,
                         "the log can't be read just now; open the group again later");
    TENON_RAFT_INVARIANT(read == LogRead::done && !page.empty(), "the log can't be read");
    for (const Entry& entry : page) {
      if (entry.kind != EntryKind::configuration) continue;
      std::optional<Configuration> configuration = decode_configuration(entry.payload.view());
      TENON_RAFT_INVARIANT(configuration.has_value(), "the log holds a configuration that can't be read");
      configurations_.append(entry.index, std::move(*configuration));
    }
  }
}

// ---- Messages

Message Core::make(MessageType type, NodeId to) const {
  Message message;
  message.type = type;
  message.from = options_.self;
  message.to = to;
  message.incarnation = hard_.incarnation;
  message.term = hard_.term;
  return message;
}

StepStatus Core::step(Message& message) {
  if (message.to != options_.self || message.from == NodeId::none || message.from == options_.self) {
    return StepStatus::misdirected;
  }
  if (concluded_) return StepStatus::concluded;
  if (message.incarnation < hard_.incarnation) return StepStatus::outdated;
  if (message.incarnation > hard_.incarnation) return StepStatus::superseded;
  if (quiesced_ && is_echo(message)) return StepStatus::taken;
  awake();
  if (message.type != MessageType::heartbeat_response) idle_ticks_ = 0;
  if (accept_term(message)) dispatch(message);
  return StepStatus::taken;
}

// Brings the term up to the message's (paper section 5.1). False when the message ends here.
bool Core::accept_term(Message& message) {
  if (message.term < hard_.term) {
    if (mutated(Mutation::append_of_earlier_term_taken) && message.type == MessageType::append) return true;
    answer_earlier_term(message);
    return false;
  }
  const bool later = message.term > hard_.term;

  // Who hears from a leader lets nobody disturb it (dissertation 4.2.3, 6), but on that leader's own behest.
  if (later && asks_for_vote(message.type) && !message.force && hears_a_leader()) return false;
  if (asks_for_vote(message.type) && !may_vote_now(message)) return false;
  // A pre-vote and the consent to it speak of a term that has not begun.
  if (message.type == MessageType::pre_vote) return true;
  if (message.type == MessageType::pre_vote_response && !message.reject) return true;
  if (!later) return true;
  become_follower(message.term, comes_from_leader(message.type) ? message.from : NodeId::none);
  return true;
}

// A sender that is behind learns the present term from an answer; without it, a leader of an earlier term
// would go on while pre-vote and check-quorum keep everybody from telling it.
void Core::answer_earlier_term(const Message& message) {
  if (comes_from_leader(message.type)) {
    send_durable(make(MessageType::append_response, message.from));
  } else if (asks_for_vote(message.type)) {
    const bool pre = message.type == MessageType::pre_vote;
    Message answer = make(pre ? MessageType::pre_vote_response : MessageType::vote_response, message.from);
    answer.reject = true;
    send_durable(std::move(answer));
  }
}

void Core::dispatch(Message& message) {
  switch (message.type) {
    case MessageType::pre_vote:
    case MessageType::vote:
      return handle_vote_request(message);
    case MessageType::pre_vote_response:
    case MessageType::vote_response:
      return handle_vote_response(message);
    case MessageType::append:
    case MessageType::heartbeat:
    case MessageType::snapshot:
      follow(message.from);
      if (message.type == MessageType::append) return handle_append(message);
      if (message.type == MessageType::heartbeat) return handle_heartbeat(message);
      return handle_snapshot(message);
    case MessageType::timeout_now:
      return handle_timeout_now(message);
    case MessageType::read_index_response:
      return handle_read_index_response(message);
    case MessageType::append_response:
    case MessageType::heartbeat_response:
    case MessageType::read_index:
      if (role_ == Role::leader) dispatch_to_leader(message);
  }
}

void Core::dispatch_to_leader(Message& message) {
  if (message.type == MessageType::read_index) return handle_read_index(message);
  Progress* const sender = peer(message.from);
  if (sender == nullptr) return;
  sender->set_active(true);
  if (message.type == MessageType::append_response) return handle_append_response(*sender, message);
  handle_heartbeat_response(*sender, message);
}

// ---- Roles

void Core::reset(Term term) {
  if (term != hard_.term) {
    hard_.term = term;
    hard_.vote = NodeId::none;
  }
  drop_reads();
  leader_ = NodeId::none;
  is_leader_gone_ = false;
  election_elapsed_ = heartbeat_elapsed_ = idle_ticks_ = 0;
  election_timeout_ =
      options_.election_ticks + static_cast<std::uint32_t>(random_.below(options_.election_ticks));
  quiesced_ = false;
  ballots_.clear();
  campaign_when_durable_ = false;
  peers_.clear();
  replicate_ = false;
  uncommitted_.clear();
  transferee_ = NodeId::none;
  round_times_.clear();
  lease_until_ = 0;
  lease_allowed_ = true;
}

void Core::become_follower(Term term, NodeId leader) {
  reset(term);
  role_ = Role::follower;
  leader_ = leader;
}

// `leader` leads the present term.
void Core::follow(NodeId leader) {
  TENON_RAFT_INVARIANT(role_ != Role::leader, "two replicas lead in one term");
  TENON_RAFT_INVARIANT(leader_ == NodeId::none || leader_ == leader, "two replicas lead in one term");
  if (role_ != Role::follower || leader_ != leader) become_follower(hard_.term, leader);
  is_leader_gone_ = false;
  election_elapsed_ = 0;
}

Progress* Core::peer(NodeId node) {
  const auto found =
      std::lower_bound(peers_.begin(), peers_.end(), node,
                       [](const Progress& progress, NodeId id) { return progress.node() < id; });
  return found != peers_.end() && found->node() == node ? &*found : nullptr;
}

const Progress* Core::peer(NodeId node) const {
  return const_cast<Core*>(this)->peer(node);
}

// ---- Time

void Core::tick() {
  ++now_;
  log_.retry();
  if (quiesced_ || concluded_) return;
  if (role_ == Role::leader) {
    tick_leader();
  } else {
    tick_follower();
  }
}

void Core::tick_follower() {
  if (now_ > options_.election_ticks) drop(forwarded_reads_.take_expired(now_ - options_.election_ticks));
  ++election_elapsed_;
  if (election_elapsed_ < election_timeout_) return;
  if (is_leader_gone_) forget_leader();
  if (promotable()) start_campaign(false);
}

void Core::tick_leader() {
  if (++election_elapsed_ >= options_.election_ticks) {
    election_elapsed_ = 0;
    if (options_.check_quorum) check_quorum();
    if (role_ != Role::leader) return;
  }
  if (transferee_ != NodeId::none && ++transfer_ticks_ >= options_.transfer_ticks_max) {
    transferee_ = NodeId::none;
    maybe_leave_joint();
  }
  for (Progress& progress : peers_) {
    if (progress.tick_snapshot(options_.snapshot_ticks_max)) replicate_ = true;
    progress.tick_lag(log_.commit());
  }
  leave_slow_disk();
  if (++heartbeat_elapsed_ >= options_.heartbeat_ticks) {
    heartbeat_elapsed_ = 0;
    broadcast_heartbeats();
  }
  ++idle_ticks_;
  maybe_quiesce();
}

// A leader that a majority no longer answers may have been replaced already (dissertation 6.2).
void Core::check_quorum() {
  const bool reached = has_quorum(configuration(), [&](NodeId node) {
    const Progress* const progress = peer(node);
    return node == options_.self || (progress != nullptr && progress->active());
  });
  for (Progress& progress : peers_) progress.set_active(false);
  if (!reached) become_follower(hard_.term, NodeId::none);
}

// ---- Writes

bool Core::hard_written() const {
  return hard_.term == written_hard_.term && hard_.vote == written_hard_.vote &&
         hard_.incarnation == written_hard_.incarnation;
}

void Core::fill_write(Ready& ready) {
  if (!has_unwritten()) return outbox_.no_write();
  ready.write = outbox_.begin_write();
  ready.entries = log_.take_unwritten();
  hard_.commit = log_.commit();
  if (hard_ != written_hard_) ready.hard_state = hard_;
  if (ready.hard_state && mutated(Mutation::vote_not_in_hard_state)) ready.hard_state->vote = NodeId::none;
  if (ready.hard_state && mutated(Mutation::term_not_in_hard_state)) {
    ready.hard_state->term = std::max(log_.last_term(), Term{1});
  }
  written_hard_ = hard_;
  writes_.push_back({ready.write, log_.last(), log_.last_term()});
}

void Core::persisted(WriteNumber write) {
  outbox_.durable(write);
  std::size_t done = 0;
  while (done < writes_.size() && writes_[done].number <= write) {
    log_.stable_to(writes_[done].last, writes_[done].last_term);
    ++done;
  }
  writes_.erase(writes_.begin(), writes_.begin() + static_cast<std::ptrdiff_t>(done));
  log_.trim(options_.tail_bytes_max);
  if (Progress* const self = role_ == Role::leader ? peer(options_.self) : nullptr) {
    if (self->acknowledge(log_.stable())) maybe_commit();
  }
  if (all_durable()) resume_after_write();
}

void Core::applied(Index index) {
  log_.applied_to(index);
}

// ---- Ready

bool Core::has_ready() const {
  return outbox_.has_messages() || outbox_.has_unnumbered() || replicate_ || has_unwritten() ||
         log_.has_committed() || (installing_ && !install_shown_ && all_durable()) ||
         !read_results_.empty() || leader_reads_.has_collected() || forwarded_reads_.has_collected() ||
         soft_state() != shown_soft_ || is_disk_slow_;
}

Ready Core::ready() {
  Ready ready;
  flush_reads();
  if (std::exchange(replicate_, false)) replicate_to_all();
  fill_write(ready);
  ready.messages = outbox_.take();
  ready.committed = log_.take_committed(options_.committed_bytes_max);
  if (installing_ && !install_shown_ && all_durable()) {
    install_shown_ = true;
    ready.install = installing_;
  }
  ready.reads = std::exchange(read_results_, {});
  if (soft_state() != shown_soft_) ready.soft_state = shown_soft_ = soft_state();
  ready.is_disk_slow = std::exchange(is_disk_slow_, false);
  return ready;
}

// ---- What it is

Status Core::status() const {
  Status status;
  status.self = options_.self;
  status.soft = soft_state();
  status.hard = hard_;
  status.hard.commit = log_.commit();
  status.first = log_.base() + 1;
  status.last = log_.last();
  status.last_term = log_.last_term();
  status.uncommitted_bytes = uncommitted_.bytes();
  status.persisted = log_.stable();
  status.applied = log_.applied();
  status.transferee = transferee_;
  status.configuration = configuration();
  status.configuration_committed = configuration_committed();
  for (const Progress& progress : peers_) {
    status.peers.push_back({progress.node(), progress.state(), progress.match(), progress.next(),
                            progress.active(), caught_up(progress.node()),
                            configuration().is_voter(progress.node())});
  }
  return status;
}

std::size_t Core::memory_bytes() const {
  std::size_t bytes = sizeof(Core) + log_.memory_bytes() + configurations_.memory_bytes() +
                      outbox_.memory_bytes() + peers_.capacity() * sizeof(Progress) +
                      uncommitted_.memory_bytes() + writes_.capacity() * sizeof(Write);
  for (const Progress& progress : peers_) bytes += progress.memory_bytes();
  return bytes;
}

}  // namespace tenon::raft
