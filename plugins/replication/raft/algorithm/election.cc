// Campaigns and votes: paper sections 5.2 and 5.4.1, pre-vote of dissertation 9.6.

#include <algorithm>
#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {

bool Core::hears_a_leader() const {
  // After a restart nobody knows whether this replica is part of somebody's lease.
  if (options_.lease_reads && now_ < options_.election_ticks) return true;
  return options_.check_quorum && leader_ != NodeId::none && election_elapsed_ < options_.election_ticks;
}

// A voter may lead. One that a configuration removes may too until that is committed, as it may be the only
// one with a log long enough to be elected (dissertation 4.2.2).
bool Core::promotable() const {
  if (configuration().is_voter(options_.self)) return true;
  if (configuration_committed() || mutated(Mutation::removed_leader_never_campaigns)) return false;
  return configurations_.at(log_.commit()).is_voter(options_.self);
}

// A vote weighs this log against another, so the log, the term and the vote so far must be there to stay. The
// request is kept until they are; a pre-vote promises nothing and need not wait.
bool Core::may_vote_now(const Message& request) {
  if (mutated(Mutation::vote_while_installing)) return true;
  if (installing_) return false;
  if (request.type == MessageType::pre_vote || all_durable()) return true;
  deferred_vote_ = request;
  return false;
}

void Core::campaign() {
  // This replica may be part of the majority that a lease rests on.
  if (options_.lease_reads && hears_a_leader()) return;
  awake();
  start_campaign(false);
}

void Core::start_campaign(bool on_behest) {
  if (role_ == Role::leader || installing_ || concluded_ || !promotable()) return;
  if (!all_durable()) {
    campaign_when_durable_ |= on_behest;
    return;
  }
  if (on_behest || !options_.pre_vote) {
    become_candidate(on_behest);
  } else {
    become_pre_candidate();
  }
}

void Core::become_pre_candidate() {
  reset(hard_.term);
  role_ = Role::pre_candidate;
  request_votes(MessageType::pre_vote, false);
  count_vote(options_.self, Vote::granted);
}

void Core::become_candidate(bool force) {
  reset(hard_.term + 1);
  role_ = Role::candidate;
  hard_.vote = options_.self;
  request_votes(MessageType::vote, force);
  if (mutated(Mutation::self_vote_before_durable)) count_vote(options_.self, Vote::granted);
}

void Core::request_votes(MessageType type, bool force) {
  for (const NodeId node : configuration().members()) {
    if (node == options_.self || !configuration().is_voter(node)) continue;
    Message request = make(type, node);
    request.index = log_.last();
    request.log_term = log_.last_term();
    request.force = force;
    if (type == MessageType::pre_vote) {
      request.term = hard_.term + 1;
      send(std::move(request));
    } else if (mutated(Mutation::vote_request_before_durable)) {
      send(std::move(request));
    } else {
      // Were it sent earlier, a crash could let this replica stand twice in one term, with two different
      // logs.
      send_durable(std::move(request));
    }
  }
}

void Core::handle_vote_request(const Message& message) {
  const bool pre = message.type == MessageType::pre_vote;
  const bool free = hard_.vote == message.from || (hard_.vote == NodeId::none && leader_ == NodeId::none) ||
                    (pre && message.term > hard_.term) || mutated(Mutation::second_vote_in_term);
  const bool up_to_date =
      log_.is_up_to_date(message.index, message.log_term) || mutated(Mutation::no_up_to_date_check);
  const bool granted = free && up_to_date;

  Message answer = make(pre ? MessageType::pre_vote_response : MessageType::vote_response, message.from);
  answer.reject = !granted;
  if (pre && granted) answer.term = message.term;
  if (!pre && granted) {
    hard_.vote = message.from;
    election_elapsed_ = 0;
  }
  if (mutated(Mutation::vote_reply_before_durable)) return send(std::move(answer));
  send_durable(std::move(answer));
}

void Core::handle_vote_response(const Message& message) {
  const bool pre = message.type == MessageType::pre_vote_response;
  if (role_ != (pre ? Role::pre_candidate : Role::candidate)) return;
  // Consent carries the term that was asked for, refusal the one that its sender is in.
  if (pre && !message.reject && message.term != hard_.term + 1) return;
  count_vote(message.from, message.reject ? Vote::rejected : Vote::granted);
}

void Core::count_vote(NodeId voter, Vote vote) {
  const auto is_voter = [&](const Ballot& ballot) { return ballot.voter == voter; };
  if (std::none_of(ballots_.begin(), ballots_.end(), is_voter)) ballots_.push_back({voter, vote});

  const auto vote_of = [&](NodeId node) {
    const auto found = std::find_if(ballots_.begin(), ballots_.end(),
                                    [&](const Ballot& ballot) { return ballot.voter == node; });
    return found == ballots_.end() ? Vote::none : found->vote;
  };
  VoteOutcome outcome = vote_outcome(configuration(), vote_of);
  if (mutated(Mutation::joint_election_by_new_majority))
    outcome = vote_outcome(configuration().voters, vote_of);
  if (mutated(Mutation::learner_counts_in_election))
    outcome = vote_outcome(configuration().members(), vote_of);
  if (outcome == VoteOutcome::lost) return become_follower(hard_.term, NodeId::none);
  if (outcome == VoteOutcome::pending) return;
  if (role_ == Role::pre_candidate) {
    become_candidate(false);
  } else {
    become_leader();
  }
}

void Core::become_leader() {
  reset(hard_.term);
  role_ = Role::leader;
  leader_ = options_.self;
  configuration_changed();
  if (Progress* const self = peer(options_.self)) self->acknowledge(log_.stable());
  // Only an entry of its own term lets a leader commit what came before (paper section 5.4.2).
  append_own({own_entry(EntryKind::noop, {})});
}

// Everything is durable now: what had to wait for that.
void Core::resume_after_write() {
  if (role_ == Role::candidate) count_vote(options_.self, Vote::granted);
  if (std::exchange(campaign_when_durable_, false) && role_ == Role::follower) start_campaign(true);
  if (deferred_vote_ && all_durable()) {
    Message request = std::move(*deferred_vote_);
    deferred_vote_.reset();
    if (request.incarnation == hard_.incarnation && accept_term(request)) dispatch(request);
  }
}

}  // namespace tenon::raft
