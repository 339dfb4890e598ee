#include "store/recovery/recoveries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/orders/order.h"

namespace tenon::store {

namespace {

using Kind = RecoveryMessage::Kind;

constexpr std::int64_t answer_patience_ns = 5 * ns_per_s;
constexpr std::int64_t end_patience_ns = 5 * ns_per_s;
// The survivor may have much of a log to apply.
constexpr std::int64_t survivor_patience_ns = 50 * ns_per_s;
constexpr std::int64_t engine_retry_ns = ns_per_s;
constexpr std::int64_t look_interval_ns = ns_per_s;
// Who has not decided asks each second.
constexpr std::int64_t doubt_ns = 10 * ns_per_s;

}  // namespace

Recoveries::Recoveries(NodeId self, Replicas& replicas, OwnReplicas& own, const Ranges& ranges,
                       PeerPort& peers, const Journal& journal, Ended ended, Report report, Keep keep,
                       PutOff::Learn learn)
    : self_(self),
      replicas_(replicas),
      ranges_(ranges),
      peers_(peers),
      ended_(std::move(ended)),
      journal_(journal),
      report_(report),
      keep_(keep),
      put_off_(self, replicas, own, ranges, peers, report, std::move(learn)),
      past_(self, replicas, own, ranges, journal, std::move(report), std::move(keep)) {}

void Recoveries::send(NodeId to, const RecoveryMessage& message) {
  if (to == self_) return on_message(self_, message);
  peers_.send(to, PeerMessage::recovery, write_recovery_message(message));
}

void Recoveries::on_message(NodeId from, const RecoveryMessage& message) {
  switch (message.kind) {
    case Kind::ask:
      return on_ask(from, message);
    case Kind::held:
    case Kind::none:
      return on_held(from, message);
    case Kind::begin:
      return on_begin(from, message);
    case Kind::confirm:
      return on_confirm(from, message);
    case Kind::ended: {
      const auto round = rounds_.find(message.round);
      if (round == rounds_.end() || round->second.survivor != from) return;
      return finish(message.round, message.is_done ? AnswerCode::done : AnswerCode::refused, message.text);
    }
  }
}

void Recoveries::on_peer(NodeId node, bool up) {
  put_off_.on_peer(node, up);
  if (up) {
    up_.insert(node);
    for (auto& [number, round] : rounds_)
      if (round.survivor == NodeId::none) ask(node, number, round);
    return;
  }
  up_.erase(node);
  std::vector<std::uint64_t> ready;
  std::vector<std::uint64_t> lost;
  for (auto& [number, round] : rounds_) {
    if (round.facts.silent.erase(node) > 0 && round.facts.silent.empty()) ready.push_back(number);
    if (round.survivor == node) lost.push_back(number);
  }
  for (const std::uint64_t number : ready) choose(number);
  for (const std::uint64_t number : lost) give_up(number);
}

// ---- Who asks

void Recoveries::begin(Ticket ticket, const RecoverRange& what) {
  Round& round = rounds_[what.round];
  round.ticket = ticket;
  round.range = what.range;
  round.by_silence = what.by_silence;
  round.deadline_ns = now_ns_ + answer_patience_ns;
  // This node's own answer comes at once, and may be the last one.
  for (const NodeId node : up_)
    if (node != self_) ask(node, what.round, round);
  ask(self_, what.round, round);
}

// The choice waits for its answer.
void Recoveries::ask(NodeId node, std::uint64_t number, Round& round) {
  round.facts.silent.insert(node);
  RecoveryMessage message;
  message.kind = Kind::ask;
  message.round = number;
  message.range = round.range;
  send(node, message);
}

void Recoveries::on_held(NodeId from, const RecoveryMessage& message) {
  if (message.round == PutOff::round) return put_off_.on_held(from, message);
  const auto found = rounds_.find(message.round);
  if (found == rounds_.end() || found->second.facts.silent.erase(from) == 0) return;
  RecoveryFacts& facts = found->second.facts;
  facts.answers[from] = message.kind == Kind::held ? std::optional(message.held) : std::nullopt;
  if (facts.silent.empty()) choose(message.round);
}

void Recoveries::choose(std::uint64_t number) {
  Round& round = rounds_.at(number);
  if (round.survivor != NodeId::none || have_confirmed(number)) return;
  const auto choice = choose_survivor(round.facts);
  if (!choice.ok()) return finish(number, AnswerCode::refused, choice.error().message);
  RecoveryMessage message;
  message.kind = Kind::begin;
  message.round = number;
  message.range = choice->held.id;
  message.recovery.incarnation = kv::next_incarnation(choice->held.id.incarnation, unix_ms_, number);
  message.recovery.term = choice->term + 1;
  message.recovery.boundary = ranges_.claims_on(choice->held.id, choice->held.descriptor).boundary;
  message.last = choice->held.last;
  message.committed = choice->committed;
  message.members = choice->members;
  if (round.by_silence) {
    message.recovery.is_provisional = true;
    message.recovery.missing = missing_of(round.facts, choice->held.descriptor.members);
    const auto refusal = refusal_of_silence(message, choice->held);
    if (refusal) return finish(number, AnswerCode::refused, *refusal);
  }
  round.survivor = choice->survivor;
  round.deadline_ns = now_ns_ + survivor_patience_ns;
  send(choice->survivor, message);
}

// A provisional one that is led needs no survivor: it stays.
bool Recoveries::have_confirmed(std::uint64_t number) {
  Round& round = rounds_.at(number);
  if (round.by_silence) return false;
  for (const auto& [node, held] : round.facts.answers) {
    if (!held || !held->base || held->leader != node) continue;
    RecoveryMessage message;
    message.kind = Kind::confirm;
    message.round = number;
    message.range = held->id;
    round.survivor = node;
    round.deadline_ns = now_ns_ + survivor_patience_ns;
    send(node, message);
    return true;
  }
  return false;
}

std::vector<NodeId> Recoveries::missing_of(const RecoveryFacts& facts, const kv::Members& members) {
  std::vector<NodeId> missing;
  for (const std::vector<NodeId>* voters : {&members.voters, &members.outgoing})
    for (const NodeId node : *voters) {
      const auto answer = facts.answers.find(node);
      const bool is_there = answer != facts.answers.end() && answer->second;
      if (!is_there && std::find(missing.begin(), missing.end(), node) == missing.end())
        missing.push_back(node);
    }
  return missing;
}

// Empty: the range may go on as a provisional one.
std::optional<std::string> Recoveries::refusal_of_silence(const RecoveryMessage& begin,
                                                          const HeldReplica& held) const {
  if (held.base)
    return "the range was recovered on nothing but silence already: that has to be confirmed, or to be over";
  if (!replicas_.all_know(kv::Command::Kind::outlive, begin.recovery.missing))
    return "a node is of an older version, or was never linked to this one since its start: it would take a "
           "provisional recovery for a final one";
  return std::nullopt;
}

void Recoveries::finish(std::uint64_t number, AnswerCode code, const std::string& text) {
  const auto found = rounds_.find(number);
  const Ticket ticket = found->second.ticket;
  rounds_.erase(found);
  ended_(ticket, code, text);
}

// ---- Who is asked

Replica* Recoveries::usable(const RangeId& range) const {
  Replica* replica = replicas_.replica(range);
  return replica && !replica->failed() && !replica->installing() && !replica->is_blank() ? replica : nullptr;
}

std::optional<HeldReplica> Recoveries::held_here(std::uint64_t number) const {
  std::optional<HeldReplica> held;
  replicas_.each([&](const Replica& replica) {
    const RangeId& id = replica.id();
    tenon_group_status status{};
    if (id.number != number || (held && held->id > id) || !usable(id) || !replica.status(status)) return;
    held = HeldReplica{id,
                       replica.range().descriptor(),
                       {status.last.index, status.last.term},
                       status.role.term,
                       status.committed,
                       replica.leads() ? self_ : replica.leader(),
                       waits_for_neighbour(replica.range()),
                       replica.range().record().base};
  });
  return held;
}

// One that is over, or was recovered as another incarnation, absorbs nothing more; unless that one is a
// provisional one.
bool Recoveries::waits_for_neighbour(const kv::Range& range) const {
  return range.is_frozen() && !ranges_.has_ended_for_good(range.record().frozen->into);
}

void Recoveries::on_ask(NodeId from, const RecoveryMessage& message) {
  if (message.round == PutOff::round) doubted_ns_[message.range.number] = now_ns_;
  RecoveryMessage answer;
  answer.kind = Kind::none;
  answer.round = message.round;
  answer.range = message.range;
  if (const auto held = held_here(message.range.number)) {
    answer.kind = Kind::held;
    answer.held = *held;
  }
  send(from, answer);
}

void Recoveries::on_begin(NodeId from, const RecoveryMessage& message) {
  Ending ending;
  ending.asker = from;
  ending.begin = message;
  ending.deadline_ns = now_ns_ + end_patience_ns;
  if (endings_.contains(message.range))
    return tell_ended(ending, false, "the range is being recovered already");
  const auto held = held_here(message.range.number);
  if (!held || held->id != message.range || held->leader != NodeId::none || held->last != message.last)
    return tell_ended(ending, false, "what node " + describe(self_) + " holds has changed meanwhile");
  if (ranges_.claims_on(held->id, held->descriptor).is_taken)
    return tell_ended(ending, false, "all that node " + describe(self_) + " holds is another range's by now");
  if (message.recovery.is_provisional) {
    if (const auto refusal = refusal_of_silence(message, *held)) return tell_ended(ending, false, *refusal);
    // Whoever asked may not reach it, and this one does.
    for (const NodeId node : message.recovery.missing)
      if (up_.contains(node))
        return tell_ended(
            ending, false,
            "node " + describe(node) + " is not silent: node " + describe(self_) + " is linked to it");
  }
  ending.committed = held->committed;
  report_(message.range, std::string("the group is ended here, as its majority is ") +
                             (message.recovery.is_provisional ? "silent" : "said to be lost for good") +
                             "; its log ends at index " + std::to_string(held->last.index) + " of term " +
                             std::to_string(held->last.term));
  endings_.emplace(message.range, std::move(ending));
}

void Recoveries::on_confirm(NodeId from, const RecoveryMessage& message) {
  Replica* replica = usable(message.range);
  if (!replica || !replica->leads() || !replica->range().is_provisional())
    return tell_ended(from, message.round, message.range, false,
                      "what node " + describe(self_) + " holds has changed meanwhile");
  confirmations_.insert_or_assign(message.range,
                                  Confirmation{from, message.round, now_ns_ + end_patience_ns, 0});
}

bool Recoveries::step(const RangeId& range, Confirmation& confirmation) {
  Replica* replica = usable(range);
  const bool is_done = replica && !replica->range().is_provisional();
  if (is_done || !replica || !replica->leads() || now_ns_ >= confirmation.deadline_ns) {
    if (confirmation.asker != NodeId::none)
      tell_ended(confirmation.asker, confirmation.round, range, is_done,
                 is_done
                     ? "the range was recovered on nothing but silence, and stays as it is: those that were "
                       "missing give way when they come back"
                     : "node " + describe(self_) + " could not have it confirmed by the range's log");
    if (is_done) report_(range, "the recovery on nothing but silence is confirmed");
    return true;
  }
  if (now_ns_ < confirmation.again_ns) return false;
  confirmation.again_ns = now_ns_ + ns_per_s;
  replica->confirm({replica->range().descriptor().epoch.boundary});
  return false;
}

// Those that were missing may have taken others in since: as long as anybody keeps a replica aside, it is for
// an operator to say which of the two goes on.
void Recoveries::confirm_what_is_lost() {
  if (removed_.empty() || now_ns_ - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns_;
  std::erase_if(doubted_ns_, [this](const auto& entry) { return now_ns_ - entry.second > doubt_ns; });
  replicas_.each([this](const Replica& replica) {
    const auto& base = replica.range().record().base;
    if (!base || base->missing.empty() || !replica.leads() || !usable(replica.id())) return;
    if (doubted_ns_.contains(replica.id().number)) return;
    const bool are_lost = std::all_of(base->missing.begin(), base->missing.end(),
                                      [this](NodeId node) { return removed_.contains(node); });
    if (are_lost)
      confirmations_.try_emplace(replica.id(), Confirmation{NodeId::none, 0, now_ns_ + end_patience_ns, 0});
  });
}

void Recoveries::tell_ended(const Ending& ending, bool is_done, const std::string& text) {
  tell_ended(ending.asker, ending.begin.round, ending.begin.range, is_done, text);
}

void Recoveries::tell_ended(NodeId asker, std::uint64_t round, const RangeId& range, bool is_done,
                            const std::string& text) {
  RecoveryMessage message;
  message.kind = Kind::ended;
  message.round = round;
  message.range = range;
  message.is_done = is_done;
  message.text = text;
  send(asker, message);
}

void Recoveries::turn() {
  for (auto next = endings_.begin(); next != endings_.end();)
    next = step(next->first, next->second) ? endings_.erase(next) : std::next(next);
  confirm_what_is_lost();
  for (auto next = confirmations_.begin(); next != confirmations_.end();)
    next = step(next->first, next->second) ? confirmations_.erase(next) : std::next(next);
  want_members();
  // What gives way by the one is stopped by the other, before its log can become any longer.
  put_off_.turn();
  past_.turn();
}

bool Recoveries::step(const RangeId& range, Ending& ending) {
  Replica* replica = usable(range);
  if (!replica) {
    tell_ended(ending, false, "the replica of node " + describe(self_) + " can't go on; its log says why");
    return true;
  }
  const tenon_status status = replica->conclude();
  if (status != TENON_OK) {
    if (now_ns_ < ending.deadline_ns) return false;
    tell_ended(ending, false,
               "the group can't be ended at node " + describe(self_) + ": " +
                   (status == TENON_E_STATE ? "it has a leader, or its log is being written"
                                            : "its engine takes nothing"));
    return true;
  }
  return replica->is_at_end() && now_ns_ >= ending.again_ns && go_on(*replica, ending);
}

// What was not known to be committed, the provisional range counts as done, and tells senders so. The former
// one may never commit it, so that it would be nowhere if that one outlives the other.
bool Recoveries::keep_tail(const Replica& replica, Ending& ending) {
  if (ending.is_tail_kept || !ending.begin.recovery.is_provisional) return true;
  GivenUp tail;
  tail.range = replica.id();
  tail.descriptor = replica.range().descriptor();
  tail.last = replica.range().applied();
  tail.committed = ending.committed;
  tail.part = ending.begin.recovery.incarnation;
  const auto read = read_part_of_log(journal_, ending.committed + 1, SIZE_MAX, tail);
  Status kept;
  if (!read.ok())
    kept = read.error();
  else if (tail.until < tail.last.index)
    kept = Error{Errc::io, "the journal does not hold all of the log"};
  else if (const auto file = tail.entries.empty() ? Result<std::string>(std::string()) : keep_(tail);
           !file.ok())
    kept = file.error();
  ending.is_tail_kept = kept.ok();
  if (kept.ok() || std::exchange(ending.failure, kept.error().message) == kept.error().message)
    return kept.ok();
  report_(replica.id(),
          "the range does not go on before the end of its log is written down: " + kept.error().message);
  return false;
}

bool Recoveries::go_on(Replica& replica, Ending& ending) {
  if (!keep_tail(replica, ending)) {
    ending.again_ns = now_ns_ + engine_retry_ns;
    return false;
  }
  const RangeId former = replica.id();
  const kv::LogPoint end = replica.range().applied();
  kv::Recovery recovery = ending.begin.recovery;
  const Ranges::Claims claims = ranges_.claims_on(former, replica.range().descriptor());
  recovery.boundary = std::max(recovery.boundary, claims.boundary);
  recovery.end = claims.taken_from;
  const auto record = replicas_.go_on_as(former, recovery);
  if (!record.ok()) {
    ending.again_ns = now_ns_ + engine_retry_ns;
    return false;
  }
  if (ending.begin.members.voters.size() + ending.begin.members.learners.size() > 1)
    wanted_.insert_or_assign(record->id, ending.begin.members);
  std::string text = "the range goes on at node " + describe(self_) + loss(ending, end);
  if (recovery.is_provisional)
    text += "; the others are only silent: if they have their majority, what they have wins";
  if (!recovery.end.empty()) text += "; some of its last keys are another range's by now, and stay that";
  report_(record->id, text);
  tell_ended(ending, true, text);
  return true;
}

// What is known of it. The lost ones may have committed more than anybody who is left has heard of.
std::string Recoveries::loss(const Ending& ending, const kv::LogPoint& end) const {
  const std::uint64_t committed = std::max(ending.committed, ending.begin.committed);
  return " from index " + std::to_string(end.index) + " of term " + std::to_string(end.term) +
         "; known to be committed: up to " + std::to_string(committed) +
         "; lost for certain: " + std::to_string(committed - std::min(committed, end.index)) +
         " entries; beyond that, what only the lost members had";
}

// As long as another order does not say otherwise.
void Recoveries::want_members() {
  std::erase_if(wanted_, [this](const auto& wanted) {
    Replica* replica = usable(wanted.first);
    if (!replica) return true;
    if (!replica->leads()) return false;
    if (!replica->wanted_members()) replica->want_members(wanted.second);
    return true;
  });
}

void Recoveries::tick(MonoNs now_ns, UnixMs unix_ms) {
  now_ns_ = now_ns;
  unix_ms_ = unix_ms;
  put_off_.tick(now_ns);
  past_.tick(now_ns);
  std::vector<std::uint64_t> late;
  for (const auto& [number, round] : rounds_)
    if (now_ns >= round.deadline_ns) late.push_back(number);
  for (const std::uint64_t number : late) {
    if (rounds_.at(number).survivor == NodeId::none)
      choose(number);
    else
      give_up(number);
  }
}

void Recoveries::give_up(std::uint64_t number) {
  finish(number, AnswerCode::timed_out,
         "node " + describe(rounds_.at(number).survivor) +
             " has not said what came of it; the list of ranges shows it, if it was done");
}

}  // namespace tenon::store
