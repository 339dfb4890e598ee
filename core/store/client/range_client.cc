#include "store/client/range_client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kv/reshape/recovery.h"
#include "kv/reshape/split.h"
#include "kv/senders/passed_numbers.h"

namespace tenon::store {

namespace {

// How long to wait before asking again: for a leader to be found, for a full one to get room.
constexpr std::int64_t no_leader_delay_ns = 20 * ns_per_ms;
constexpr std::int64_t busy_delay_ns = 5 * ns_per_ms;
constexpr std::int64_t delay_max_ns = 500 * ns_per_ms;
// Without any answer for so long, the request or its answer is taken to be lost; the next time for longer.
constexpr std::int64_t silence_min_ns = 2 * ns_per_s;
constexpr std::int64_t silence_max_ns = 16 * ns_per_s;
// What an append takes of the window beside its text.
constexpr std::size_t append_bytes = 64;
static_assert(RangeClient::window_bytes / append_bytes < kv::PassedNumbers::window);
constexpr std::int64_t look_interval_ns = 100 * ns_per_ms;

// The attempt is the low byte of what the answerer sees.
constexpr unsigned attempt_bits = 8;

// What is asked of one range, whatever it holds.
bool has_range(const Request& request) {
  return request.kind == Request::Kind::order || request.kind == Request::Kind::source;
}

std::int64_t longer(std::int64_t silence_ns) {
  return std::min(2 * silence_ns, silence_max_ns);
}

}  // namespace

std::uint64_t first_question_id(kv::SourceId source) {
  constexpr std::uint64_t run_mask = (1u << 22) - 1;
  return (static_cast<std::uint64_t>(source) & run_mask) << 32 | 1;
}

RangeClient::RangeClient(kv::SourceId source, const Ranges& ranges, RangeClientPorts& ports)
    : source_(source), ranges_(ranges), ports_(ports), next_id_(first_question_id(source)) {}

RangeClient::Lane& RangeClient::lane(const RangeId& range) {
  const auto [found, is_new] = lanes_.try_emplace(range);
  Lane& lane = found->second;
  lane.range = range;
  if (!is_new) return lane;
  if (kv::was_split_off(range) || kv::was_recovered(range))
    lane.next_sequence = 0;
  else
    lane.split_row.emplace();
  return lane;
}

// Finds the range; false: none is known.
bool RangeClient::place(std::uint64_t id, Open& open) {
  if (open.lane) return true;
  if (has_range(open.request)) {
    open.lane = &lane(open.request.range);
    return true;
  }
  const auto range = ranges_.find(open.request.store, open.request.key);
  if (!range) return false;
  open.lane = &lane(*range);
  if (open.request.kind == Request::Kind::append) {
    open.lane->appends.push_back(id);
    busy_.insert({*range, open.lane});
  }
  return true;
}

bool RangeClient::find_leader(Lane& lane) {
  if (lane.leader == NodeId::none) lane.leader = ports_.guess(lane.range, lane.guesses++);
  return lane.leader != NodeId::none;
}

// What another one was asked is to be sent to this one, too.
void RangeClient::follow(Lane& lane, NodeId leader) {
  if (lane.leader == leader) return;
  lane.leader = leader;
  unsend(lane, 0);
}

// The leader is silent: perhaps another one leads by now.
void RangeClient::look_elsewhere(Lane& lane) {
  for (int tries = 0; tries < 2; ++tries) {
    const NodeId other = ports_.guess(lane.range, lane.guesses++);
    if (other != NodeId::none && other != lane.leader) return follow(lane, other);
  }
}

void RangeClient::submit(Request&& request, MonoNs now_ns) {
  if (request.withdraws) return withdraw(request.ticket);
  if (request.many) return submit_many(std::move(request), now_ns);
  if (request.text.size() > request_text_bytes_max) {
    if (request.ticket != Ticket::none)
      ports_.finished(request, {}, {AnswerCode::refused, NodeId::none, {}, 0, {}});
    return;
  }
  look_at_ranges(now_ns);
  const std::uint64_t id = next_id_++;
  Open& open = open_[id];
  open.request = std::move(request);
  open_bytes_ += open.request.text.size();
  if (open.request.may_be_withdrawn) may_be_withdrawn_[open.request.ticket] = id;
  const bool is_append = open.request.kind == Request::Kind::append;
  if (!place(id, open)) {
    if (!is_append) return ask_later(id, open, now_ns + no_leader_delay_ns);
    unplaced_appends_.insert(id);
    return;
  }
  if (is_append) return send_appends(*open.lane, now_ns);
  if (find_leader(*open.lane)) return ask(id, open, now_ns);
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
  if (open.request.kind == Request::Kind::source) command.source = source_;
  if (!open.request.whole_range) command.key = open.request.key;
  if (open.has_many()) {
    command.kind = kv::Command::Kind::service_many;
    command.last_key = open.whole->request.many->key(open.end - 1);
  }
  command.text = open.request.text;
  ports_.ask(open.asked, open.lane->range, open.request.kind, command, id << attempt_bits | ++open.attempt);
}

void RangeClient::ask_later(std::uint64_t id, Open& open, MonoNs when_ns) {
  open.ask_again_ns = when_ns;
  open.asked = NodeId::none;
  waiting_.insert(id);
}

// From this place on they are to be sent again.
void RangeClient::unsend(Lane& lane, std::size_t from) {
  while (lane.sent_count > from)
    lane.sent_bytes -= std::exchange(open_.at(lane.appends[--lane.sent_count]).sent_bytes, 0);
  if (from == 0) lane.probe = 0;
}

// Nothing more is sent for a while, which is longer each time until something went well.
void RangeClient::pause(Lane& lane, std::int64_t first_ns, MonoNs now_ns) {
  if (lane.rewind_ns != 0) return;
  lane.pause_ns = std::max(first_ns, std::min(2 * lane.pause_ns, delay_max_ns));
  lane.rewind_ns = now_ns + lane.pause_ns;
}

void RangeClient::send_all_appends(MonoNs now_ns) {
  std::erase_if(busy_, [](const auto& entry) { return entry.second->appends.empty(); });
  // Sending may bring some to lanes that were idle; they go with the next tick.
  const auto busy = busy_;
  for (const auto& [range, lane] : busy) send_appends(*lane, now_ns);
}

void RangeClient::send_appends(Lane& lane, MonoNs now_ns) {
  if (lane.rewind_ns != 0) {
    if (lane.rewind_ns > now_ns) return;
    lane.rewind_ns = 0;
  }
  if (lane.sent_count == lane.appends.size()) return;
  if (!find_leader(lane)) return pause(lane, no_leader_delay_ns, now_ns);
  while (lane.sent_count < lane.appends.size() && lane.sent_bytes < window_bytes) {
    const std::uint64_t id = lane.appends[lane.sent_count];
    if (end_if_applied(lane, id)) continue;
    if (!number(lane, id, now_ns)) return;
    if (lane.sent_count == 0) lane.heard_ns = now_ns;
    ++lane.sent_count;
    Open& open = open_.at(id);
    lane.sent_bytes += open.sent_bytes = open.request.text.size() + append_bytes;
    ask(id, open, now_ns);
  }
}

void RangeClient::on_answer(std::uint64_t asked_as, Answer&& answer, MonoNs now_ns) {
  const std::uint64_t id = asked_as >> attempt_bits;
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  switch (answer.code) {
    case AnswerCode::pending:
      if (Lane* lane = found->second.lane; lane && lane->probe == id) {
        lane->probe = 0;
        lane->heard_ns = now_ns;
        lane->silence_ns = longer(lane->silence_ns);
      }
      return;
    case AnswerCode::not_leader:
    case AnswerCode::lost:
    case AnswerCode::gap:
    case AnswerCode::busy:
    case AnswerCode::wrong_range:
      if (static_cast<std::uint8_t>(asked_as) == found->second.attempt)
        not_done(id, found->second, answer, now_ns);
      return;
    default: {
      if (found->second.request.kind == Request::Kind::source) {
        Lane& asked = *found->second.lane;
        drop(id);
        return take_row(asked, answer, now_ns);
      }
      Lane* lane = found->second.request.kind == Request::Kind::append ? found->second.lane : nullptr;
      finish(id, std::move(answer));
      if (lane) on_progress(*lane, id, now_ns);
    }
  }
}

void RangeClient::on_progress(Lane& lane, std::uint64_t id, MonoNs now_ns) {
  lane.heard_ns = now_ns;
  lane.silence_ns = 0;
  lane.pause_ns = 0;
  // It was not under way when it was asked for again: it had been lost, and what was sent behind it, too.
  if (lane.probe == id) unsend(lane, 0);
  send_appends(lane, now_ns);
}

void RangeClient::not_done(std::uint64_t id, Open& open, const Answer& answer, MonoNs now_ns) {
  if (answer.code == AnswerCode::wrong_range) return on_wrong_range(id, now_ns);
  Lane& lane = *open.lane;
  if (answer.code == AnswerCode::not_leader && open.asked == lane.leader)
    follow(lane, answer.leader == open.asked ? NodeId::none : answer.leader);
  if (open.request.kind == Request::Kind::append) return append_not_done(id, lane, answer.code, now_ns);
  std::int64_t delay_ns = lane.leader == NodeId::none ? no_leader_delay_ns : ns_per_ms;
  if (answer.code == AnswerCode::busy) delay_ns = busy_delay_ns;
  ask_later(id, open, now_ns + delay_ns);
}

// What stands before this one is under way at the leader, unless it tells that it misses something.
void RangeClient::append_not_done(std::uint64_t id, Lane& lane, AnswerCode code, MonoNs now_ns) {
  const auto place = std::find(lane.appends.begin(), lane.appends.end(), id);
  unsend(lane, code == AnswerCode::gap ? 0 : static_cast<std::size_t>(place - lane.appends.begin()));
  lane.heard_ns = now_ns;
  if (lane.leader == NodeId::none) return pause(lane, no_leader_delay_ns, now_ns);
  pause(lane, code == AnswerCode::busy ? busy_delay_ns : ns_per_ms, now_ns);
}

// The range does not hold the key.
void RangeClient::on_wrong_range(std::uint64_t id, MonoNs now_ns) {
  look_at_ranges(now_ns);
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  Open& open = found->second;
  if (open.request.kind == Request::Kind::source) {
    open.lane->question = 0;
    return drop(id);
  }
  if (open.request.kind != Request::Kind::append) {
    open.lane = nullptr;
    // The same may be answered twice.
    ++open.attempt;
    return ask_later(id, open, now_ns + ns_per_ms);
  }
  // It may have gone on already.
  if (!open.lane || open.sequence == 0) return;
  if (cut_at_its_range(id, open, now_ns)) return;
  Lane& from = *open.lane;
  if (ranges_.find(open.request.store, open.request.key) == from.range) begin_anew(from);
  move_on(id, open);
  Lane* const to = open.lane;
  on_progress(from, id, now_ns);
  if (to) send_appends(*to, now_ns);
}

// A question of the client's own is over.
void RangeClient::drop(std::uint64_t id) {
  waiting_.erase(id);
  open_bytes_ -= open_.at(id).request.text.size();
  open_.erase(id);
}

void RangeClient::leave_lane(std::uint64_t id, Open& open) {
  Lane& lane = *open.lane;
  // Answers come in the order of asking: it is nearly always the first. Those without a number stand behind
  // all others, by their age.
  const auto first =
      open.sequence != 0
          ? lane.appends.begin()
          : std::partition_point(lane.appends.begin(), lane.appends.end(), [&](std::uint64_t other) {
              const Open& before = open_.at(other);
              return before.sequence != 0 || age_of(other, before) < age_of(id, open);
            });
  const auto place = std::find(first, lane.appends.end(), id);
  if (static_cast<std::size_t>(place - lane.appends.begin()) < lane.sent_count) --lane.sent_count;
  lane.sent_bytes -= open.sent_bytes;
  lane.appends.erase(place);
}

void RangeClient::finish(std::uint64_t id, Answer&& answer) {
  const auto found = open_.find(id);
  Open& open = found->second;
  open_bytes_ -= open.request.text.size();
  if (open.lane && open.request.kind == Request::Kind::append) leave_lane(id, open);
  forget_hold(id);
  waiting_.erase(id);
  unplaced_appends_.erase(id);
  if (open.request.may_be_withdrawn) may_be_withdrawn_.erase(open.request.ticket);
  if (open.whole) {
    const Open part = std::move(open);
    open_.erase(found);
    return finish_part(part, std::move(answer));
  }
  const Request request = std::move(open.request);
  const RangeId range = open.lane ? open.lane->range : RangeId{};
  open_.erase(found);
  if (request.ticket != Ticket::none) ports_.finished(request, range, std::move(answer));
}

void RangeClient::withdraw(Ticket ticket) {
  const auto found = may_be_withdrawn_.find(ticket);
  if (found != may_be_withdrawn_.end()) give_up(found->second);
}

// It is an append that no range waits for.
bool RangeClient::can_be_forgotten(const Open& open) const {
  return open.request.kind == Request::Kind::append && open.sequence == 0 &&
         (open.request.may_lapse || !open.lane);
}

// Its time is up. What has a number keeps its place.
void RangeClient::give_up(std::uint64_t id) {
  Open& open = open_.at(id);
  Request& request = open.request;
  if (open.whole) time_out(*open.whole);
  if (can_be_forgotten(open)) {
    // Under a former number it may have been applied.
    const AnswerCode code = open.former == 0 ? AnswerCode::not_done : AnswerCode::timed_out;
    return finish(id, {code, NodeId::none, {}, 0, {}});
  }
  if (request.kind != Request::Kind::append)
    return finish(id, {AnswerCode::timed_out, NodeId::none, {}, 0, {}});
  request.deadline_ns = 0;
  if (request.may_be_withdrawn) may_be_withdrawn_.erase(request.ticket);
  request.may_be_withdrawn = false;
  if (request.may_lapse) {
    open_bytes_ -= request.text.size();
    request.text = {};
  }
  if (request.ticket == Ticket::none) return;
  ports_.finished(request, {}, {AnswerCode::timed_out, NodeId::none, {}, 0, {}});
  request.ticket = Ticket::none;
}

void RangeClient::on_leader(const RangeId& range, NodeId leader, MonoNs now_ns) {
  Lane& lane = this->lane(range);
  if (lane.leader == leader) return;
  follow(lane, leader);
  if (leader == NodeId::none) return;
  lane.pause_ns = 0;
  lane.rewind_ns = now_ns;
  for (auto& [id, open] : open_)
    if (open.lane == &lane && open.request.kind != Request::Kind::append && open.asked != leader)
      ask_later(id, open, now_ns);
}

void RangeClient::on_node_lost(NodeId node, MonoNs now_ns) {
  for (auto& [range, lane] : lanes_) {
    if (lane.leader != node) continue;
    follow(lane, NodeId::none);
    pause(lane, no_leader_delay_ns, now_ns);
  }
  for (auto& [id, open] : open_)
    if (open.asked == node && open.request.kind != Request::Kind::append)
      ask_later(id, open, now_ns + no_leader_delay_ns);
}

void RangeClient::tick(MonoNs now_ns) {
  look_at_ranges(now_ns);
  look_for_old(now_ns);
  ask_waiting(now_ns);
  send_all_appends(now_ns);
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
    if (open.request.deadline_ns != 0 && open.request.deadline_ns <= now_ns)
      over.push_back(id);
    else if (open.asked != NodeId::none && open.request.kind != Request::Kind::append)
      look_for_silence(id, open, now_ns);
  }
  add_those_behind(over);
  leave_lanes(over);
  for (const std::uint64_t id : over) give_up(id);
  const auto busy = busy_;
  for (const auto& [range, lane] : busy) look_for_silence(*lane, now_ns);
}

// Those that are going to be forgotten leave each lane in one pass, however many they are.
void RangeClient::leave_lanes(const std::vector<std::uint64_t>& over) {
  std::set<Lane*> left;
  for (const std::uint64_t id : over) {
    Open& open = open_.at(id);
    if (open.lane && can_be_forgotten(open)) left.insert(std::exchange(open.lane, nullptr));
  }
  for (Lane* const lane : left)
    std::erase_if(lane->appends, [this](std::uint64_t id) { return !open_.at(id).lane; });
}

// Whoever sends again what was given up sends what is behind it again, too: a range that took that, and then
// the first one, would have them the wrong way round.
void RangeClient::add_those_behind(std::vector<std::uint64_t>& over) const {
  std::map<std::pair<const Lane*, std::uint64_t>, std::uint64_t> oldest;  // its age, by lane and sender
  for (const std::uint64_t id : over) {
    const Open& open = open_.at(id);
    if (open.request.sender == 0) continue;
    const auto [at, is_new] = oldest.try_emplace({open.lane, open.request.sender}, age_of(id, open));
    if (!is_new) at->second = std::min(at->second, age_of(id, open));
  }
  if (oldest.empty()) return;
  const std::set<std::uint64_t> known(over.begin(), over.end());
  for (const auto& [id, open] : open_) {
    if (open.request.sender == 0 || open.request.deadline_ns == 0 || known.contains(id)) continue;
    const auto first = oldest.find({open.lane, open.request.sender});
    if (first != oldest.end() && age_of(id, open) > first->second) over.push_back(id);
  }
}

void RangeClient::look_for_silence(std::uint64_t id, Open& open, MonoNs now_ns) {
  open.silence_ns = std::max(open.silence_ns, silence_min_ns);
  if (now_ns - open.asked_ns < open.silence_ns || ports_.answers_surely(open.asked)) return;
  open.silence_ns = longer(open.silence_ns);
  // An order takes its time.
  if (open.asked == open.lane->leader && open.request.kind != Request::Kind::order)
    look_elsewhere(*open.lane);
  ask_later(id, open, now_ns);
}

void RangeClient::look_for_silence(Lane& lane, MonoNs now_ns) {
  if (lane.sent_count == 0 || ports_.answers_surely(lane.leader)) return;
  lane.silence_ns = std::max(lane.silence_ns, silence_min_ns);
  if (lane.probe == 0) {
    if (now_ns - lane.heard_ns < lane.silence_ns) return;
    lane.probe = lane.appends.front();
    lane.probe_ns = now_ns;
    return ask(lane.probe, open_.at(lane.probe), now_ns);
  }
  if (now_ns - lane.probe_ns < silence_min_ns) return;
  look_elsewhere(lane);
  unsend(lane, 0);
  send_appends(lane, now_ns);
}

}  // namespace tenon::store
