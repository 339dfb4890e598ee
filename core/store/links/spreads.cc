#include "store/links/spreads.h"

#include <utility>

#include "base/wire.h"

namespace tenon::store {

namespace {

// How long another node's question is kept at most.
constexpr std::int64_t relayed_for_ns = 30 * ns_per_s;

// Request::Kind::applied:
//   varint index · u8 1, if who is asked is to speak for itself only (older nodes do nothing else)
std::string entry_text(std::uint64_t index, bool alone) {
  std::string text;
  WireWriter out(text);
  out.varint(index);
  if (alone) out.u8(1);
  return text;
}

}  // namespace

void Spreads::begin(const Request& request, const RangeId& range, Answer&& answer) {
  const std::uint64_t id = next_++;
  Spread& spread = spreads_[id];
  spread.ticket = request.ticket;
  spread.everywhere = request.everywhere;
  spread.deadline_ns = request.deadline_ns;
  spread.range = range;
  spread.answer = std::move(answer);
  if (request.everywhere)
    for (const NodeId node : reach_.up()) ask(id, node);
  ask(id, self_);
}

bool Spreads::relay(const RangeId& range, std::string_view entry, const ReplyTo& to) {
  WireReader in(entry);
  const std::uint64_t index = in.varint();
  if (!in.ok() || !in.rest().empty()) return false;
  const std::vector<NodeId> others = reach_.beyond(to.node);
  if (others.empty()) return false;
  const std::uint64_t id = next_++;
  Spread& spread = spreads_[id];
  spread.relayed_to = to;
  spread.deadline_ns = now_ns_ + relayed_for_ns;
  spread.range = range;
  spread.answer = {AnswerCode::done, NodeId::none, {}, index, {}};
  for (const NodeId node : others) ask(id, node);
  ask(id, self_);
  return true;
}

void Spreads::ask(std::uint64_t spread_id, NodeId node) {
  const std::uint64_t ask_id = id_bit | next_++;
  Spread& spread = spreads_.at(spread_id);
  spread.waits.emplace(ask_id, node);
  asks_.emplace(ask_id, spread_id);
  ask_by(ask_id, spread, node);
}

void Spreads::ask_by(std::uint64_t ask_id, const Spread& spread, NodeId node) {
  ports_.ask_applied(node, spread.range, entry_text(spread.answer.index, spread.is_relayed()), ask_id);
}

void Spreads::on_answer(std::uint64_t id, AnswerCode code) {
  if (code == AnswerCode::busy)
    ask_again_.insert(id);
  else
    end_wait(id);
}

void Spreads::on_link_lost(NodeId node) {
  std::vector<std::uint64_t> lost;
  std::vector<std::uint64_t> to_ask_for;  // others may be linked to it
  for (auto next = spreads_.begin(); next != spreads_.end();) {
    const auto entry = next++;
    const Spread& spread = entry->second;
    if (spread.relayed_to.node == node) {
      (void)take(entry);
      continue;
    }
    for (const auto& [ask_id, asked] : spread.waits)
      if (asked == node) lost.push_back(ask_id);
    if (spread.everywhere) to_ask_for.push_back(entry->first);
  }
  for (const std::uint64_t id : to_ask_for)
    for (const NodeId other : reach_.up()) ask(id, other);
  for (const std::uint64_t ask_id : lost) end_wait(ask_id);
}

void Spreads::tick(MonoNs now_ns) {
  now_ns_ = now_ns;
  for (const std::uint64_t id : std::exchange(ask_again_, {})) {
    const auto asked = asks_.find(id);
    if (asked == asks_.end()) continue;
    const Spread& spread = spreads_.at(asked->second);
    ask_by(id, spread, spread.waits.at(id));
  }
  for (auto next = spreads_.begin(); next != spreads_.end();) {
    const auto spread = next++;
    if (spread->second.deadline_ns != 0 && spread->second.deadline_ns <= now_ns)
      end(spread, spread->second.is_relayed() ? AnswerCode::busy : AnswerCode::timed_out);
  }
}

void Spreads::end_wait(std::uint64_t ask_id) {
  const auto asked = asks_.find(ask_id);
  if (asked == asks_.end()) return;
  const auto spread = spreads_.find(asked->second);
  asks_.erase(asked);
  spread->second.waits.erase(ask_id);
  if (spread->second.waits.empty()) end(spread, AnswerCode::done);
}

Spreads::Spread Spreads::take(SpreadMap::iterator spread) {
  Spread taken = std::move(spread->second);
  spreads_.erase(spread);
  for (const auto& [ask_id, node] : taken.waits) asks_.erase(ask_id);
  return taken;
}

void Spreads::end(SpreadMap::iterator spread, AnswerCode code) {
  Spread ended = take(spread);
  if (code != AnswerCode::done) ended.answer = {code, NodeId::none, {}, 0, {}};
  if (ended.is_relayed())
    ports_.answer(ended.relayed_to, std::move(ended.answer));
  else
    ports_.spread_ended(ended.ticket, std::move(ended.answer));
}

}  // namespace tenon::store
