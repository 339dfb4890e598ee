#include "store/range_client.h"

#include <algorithm>
#include <vector>

namespace tenon::store {

namespace {

// How long to wait before asking again: for a leader to be found, for a full one to get room.
constexpr std::int64_t no_leader_delay_ns = 20 * ns_per_ms;
constexpr std::int64_t busy_delay_ns = 5 * ns_per_ms;
// Without any answer for so long, the request or its answer is taken to be lost.
constexpr std::int64_t silence_ns = 2 * ns_per_s;
constexpr std::int64_t look_interval_ns = 100 * ns_per_ms;

// The attempt is the low byte of what the answerer sees.
constexpr unsigned attempt_bits = 8;

}  // namespace

std::uint64_t first_question_id(kv::SourceId source) {
  constexpr std::uint64_t run_mask = (1u << 22) - 1;
  return (static_cast<std::uint64_t>(source) & run_mask) << 32 | 1;
}

RangeClient::RangeClient(kv::SourceId source, const Ranges& ranges, RangeClientPorts& ports)
    : source_(source), ranges_(ranges), ports_(ports), next_id_(first_question_id(source)) {}

RangeClient::Lane& RangeClient::lane(const RangeId& range) {
  Lane& lane = lanes_[range];
  lane.range = range;
  return lane;
}

// Finds the range, and gives an append its number; false: no range is known.
bool RangeClient::place(std::uint64_t id, Open& open) {
  if (open.lane) return true;
  if (open.request.kind == Request::Kind::order) {
    open.lane = &lane(open.request.range);
    return true;
  }
  const auto range = ranges_.find(open.request.store, open.request.key);
  if (!range) return false;
  open.lane = &lane(*range);
  if (open.request.kind == Request::Kind::append) {
    open.sequence = open.lane->next_sequence++;
    open.lane->appends.push_back(id);
  }
  return true;
}

// Appends that came before their range was known go before newer ones.
void RangeClient::place_appends(MonoNs now_ns) {
  for (auto next = unplaced_appends_.begin(); next != unplaced_appends_.end();) {
    const std::uint64_t id = *next++;
    Open& open = open_.at(id);
    if (!place(id, open)) continue;
    unplaced_appends_.erase(id);
    rewind(*open.lane, now_ns);
  }
}

bool RangeClient::find_leader(Lane& lane) {
  if (lane.leader == NodeId::none) lane.leader = ports_.guess(lane.range, lane.guesses++);
  return lane.leader != NodeId::none;
}

void RangeClient::submit(Request&& request, MonoNs now_ns) {
  place_appends(now_ns);
  const std::uint64_t id = next_id_++;
  Open& open = open_[id];
  open.request = std::move(request);
  open_bytes_ += open.request.text.size();
  const bool is_append = open.request.kind == Request::Kind::append;
  if (!place(id, open)) {
    if (!is_append) return ask_later(id, open, now_ns + no_leader_delay_ns);
    unplaced_appends_.insert(id);
    return;
  }
  const bool leader_known = find_leader(*open.lane);
  if (is_append && open.lane->rewind_ns != 0) return;
  if (leader_known) return ask(id, open, now_ns);
  if (is_append) return rewind(*open.lane, now_ns + no_leader_delay_ns);
  ask_later(id, open, now_ns + no_leader_delay_ns);
}

void RangeClient::ask(std::uint64_t id, Open& open, MonoNs now_ns) {
  waiting_.erase(id);
  open.asked = open.lane->leader;
  open.asked_ns = now_ns;
  kv::Command command;
  if (open.request.kind == Request::Kind::append) {
    command.source = source_;
    command.sequence = open.sequence;
  }
  if (!open.request.whole_range) command.key = open.request.key;
  command.text = open.request.text;
  ports_.ask(open.asked, open.lane->range, open.request.kind, command, id << attempt_bits | ++open.attempt);
}

void RangeClient::ask_later(std::uint64_t id, Open& open, MonoNs when_ns) {
  open.ask_again_ns = when_ns;
  open.asked = NodeId::none;
  waiting_.insert(id);
}

void RangeClient::rewind(Lane& lane, MonoNs when_ns) {
  if (lane.appends.empty()) return;
  lane.rewind_ns = lane.rewind_ns == 0 ? when_ns : std::min(lane.rewind_ns, when_ns);
}

void RangeClient::send_appends(Lane& lane, MonoNs now_ns) {
  lane.rewind_ns = 0;
  for (const std::uint64_t id : lane.appends) ask(id, open_.at(id), now_ns);
}

void RangeClient::on_answer(std::uint64_t asked_as, Answer&& answer, MonoNs now_ns) {
  const std::uint64_t id = asked_as >> attempt_bits;
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  switch (answer.code) {
    case AnswerCode::not_leader:
    case AnswerCode::lost:
    case AnswerCode::gap:
    case AnswerCode::busy:
    case AnswerCode::wrong_range:
      if (static_cast<std::uint8_t>(asked_as) == found->second.attempt)
        not_done(id, found->second, answer, now_ns);
      return;
    default:
      finish(id, std::move(answer));
  }
}

void RangeClient::not_done(std::uint64_t id, Open& open, const Answer& answer, MonoNs now_ns) {
  Lane& lane = *open.lane;
  if (answer.code == AnswerCode::not_leader && open.asked == lane.leader)
    lane.leader = answer.leader == open.asked ? NodeId::none : answer.leader;
  std::int64_t delay_ns = lane.leader == NodeId::none ? no_leader_delay_ns : ns_per_ms;
  if (answer.code == AnswerCode::busy) delay_ns = busy_delay_ns;
  if (open.request.kind == Request::Kind::append)
    rewind(lane, now_ns + delay_ns);
  else
    ask_later(id, open, now_ns + delay_ns);
}

void RangeClient::finish(std::uint64_t id, Answer&& answer) {
  const auto found = open_.find(id);
  const Open open = std::move(found->second);
  open_bytes_ -= open.request.text.size();
  open_.erase(found);
  waiting_.erase(id);
  unplaced_appends_.erase(id);
  if (open.lane && open.request.kind == Request::Kind::append) {
    auto& appends = open.lane->appends;
    // Answers come in the order of asking: it is nearly always the first.
    appends.erase(std::find(appends.begin(), appends.end(), id));
    if (appends.empty()) open.lane->rewind_ns = 0;
  }
  if (open.request.ticket != Ticket::none)
    ports_.finished(open.request, open.lane ? open.lane->range : RangeId{}, std::move(answer));
}

void RangeClient::on_leader(const RangeId& range, NodeId leader, MonoNs now_ns) {
  Lane& lane = this->lane(range);
  if (lane.leader == leader) return;
  lane.leader = leader;
  if (leader == NodeId::none) return;
  rewind(lane, now_ns);
  for (auto& [id, open] : open_)
    if (open.lane == &lane && open.request.kind != Request::Kind::append && open.asked != leader)
      ask_later(id, open, now_ns);
}

void RangeClient::on_node_lost(NodeId node, MonoNs now_ns) {
  for (auto& [range, lane] : lanes_) {
    if (lane.leader != node) continue;
    lane.leader = NodeId::none;
    rewind(lane, now_ns + no_leader_delay_ns);
  }
  for (auto& [id, open] : open_)
    if (open.asked == node && open.request.kind != Request::Kind::append)
      ask_later(id, open, now_ns + no_leader_delay_ns);
}

void RangeClient::tick(MonoNs now_ns) {
  look_for_old(now_ns);
  place_appends(now_ns);
  ask_waiting(now_ns);
  for (auto& [range, lane] : lanes_) {
    if (lane.rewind_ns == 0 || lane.rewind_ns > now_ns) continue;
    if (find_leader(lane))
      send_appends(lane, now_ns);
    else
      lane.rewind_ns = now_ns + no_leader_delay_ns;
  }
}

void RangeClient::ask_waiting(MonoNs now_ns) {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const std::uint64_t id = *next++;
    Open& open = open_.at(id);
    if (open.ask_again_ns > now_ns) continue;
    if (!place(id, open) || !find_leader(*open.lane)) {
      open.ask_again_ns = now_ns + no_leader_delay_ns;
    } else {
      ask(id, open, now_ns);
    }
  }
}

// What is too old is ended; what has been without an answer for long is asked again.
void RangeClient::look_for_old(MonoNs now_ns) {
  if (now_ns - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns;
  std::vector<std::uint64_t> over;
  for (auto& [id, open] : open_) {
    const bool is_append = open.request.kind == Request::Kind::append;
    if (open.request.deadline_ns != 0 && open.request.deadline_ns <= now_ns) {
      if (is_append && open.request.ticket != Ticket::none) {
        ports_.finished(open.request, {}, {AnswerCode::timed_out, NodeId::none, {}, 0});
        open.request.ticket = Ticket::none;
      }
      if (!is_append || !open.lane) over.push_back(id);
      if (!is_append) continue;
    }
    if (open.asked == NodeId::none || now_ns - open.asked_ns < silence_ns) continue;
    // An order takes its time.
    if (open.asked == open.lane->leader && open.request.kind != Request::Kind::order)
      if (const NodeId other = ports_.guess(open.lane->range, open.lane->guesses++); other != NodeId::none)
        open.lane->leader = other;
    if (is_append)
      rewind(*open.lane, now_ns);
    else
      ask_later(id, open, now_ns);
  }
  for (const std::uint64_t id : over) finish(id, {AnswerCode::timed_out, NodeId::none, {}, 0});
}

}  // namespace tenon::store
