// How open appends find their way when ranges are split.

#include <algorithm>

#include "kv/split.h"
#include "store/range_client.h"

namespace tenon::store {

void RangeClient::look_at_ranges(MonoNs now_ns) {
  if (seen_version_ == ranges_.version()) return;
  seen_version_ = ranges_.version();
  place_unplaced();
  move_where_they_go();
  for (auto& [range, lane] : lanes_) send_appends(lane, now_ns);
}

// Appends without a place, and without a number, go to the lane of the range that holds their key, where they
// stand before newer ones.
void RangeClient::place_unplaced() {
  std::erase_if(unplaced_appends_, [this](std::uint64_t id) { return place_by_age(id, open_.at(id)); });
}

bool RangeClient::place_by_age(std::uint64_t id, Open& open) {
  const auto home = ranges_.find(open.request.store, open.request.key);
  if (!home) return false;
  open.lane = &lane(*home);
  auto& appends = open.lane->appends;
  const auto unnumbered = std::partition_point(
      appends.begin(), appends.end(), [this](std::uint64_t other) { return open_.at(other).sequence != 0; });
  appends.insert(std::lower_bound(unnumbered, appends.end(), id), id);
  return true;
}

// Appends that another range holds by now: those without a number go there at once, the others when their
// range has told that the number is used up.
void RangeClient::move_where_they_go() {
  for (auto& [range, lane] : lanes_) lane.held_by.clear();
  holds_.clear();
  std::vector<std::uint64_t> ready;
  for (auto& [id, open] : open_) {
    if (open.request.kind != Request::Kind::append || !open.lane) continue;
    const auto home = ranges_.find(open.request.store, open.request.key);
    if (!home || *home == open.lane->range) continue;
    if (open.sequence == 0) {
      ready.push_back(id);
      continue;
    }
    Lane& to = lane(*home);
    to.held_by.insert(id);
    holds_[id] = &to;
  }
  for (const std::uint64_t id : ready) move_on(id, open_.at(id));
}

// Its range has nothing more to do with it.
void RangeClient::move_on(std::uint64_t id, Open& open) {
  leave_lane(id, open);
  if (open.sequence != 0) open.former = std::exchange(open.sequence, 0);
  open.lane = nullptr;
  open.sent_bytes = 0;
  open.asked = NodeId::none;
  // What is answered to an earlier question is no answer to the next.
  ++open.attempt;
  forget_hold(id);
  if (!place_by_age(id, open)) unplaced_appends_.insert(id);
}

void RangeClient::forget_hold(std::uint64_t id) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end()) return;
  hold->second->held_by.erase(id);
  holds_.erase(hold);
}

// What was applied before the split, and was not heard of, is over. REQUIRES: it is the next to be sent.
bool RangeClient::end_if_applied(Lane& lane, std::uint64_t id) {
  const Open& open = open_.at(id);
  if (lane.next_sequence == 0 || open.sequence != 0 || open.former == 0) return false;
  if (open.former > lane.split_row.last) return false;
  const bool was_refused = lane.split_row.has_refused(open.former);
  // The new range's first entry stands for all that was applied before it was split off.
  finish(id, {was_refused ? AnswerCode::refused : AnswerCode::duplicate,
              NodeId::none,
              {},
              kv::split_start.index,
              {}});
  return true;
}

// False: it may have none yet.
bool RangeClient::number(Lane& lane, std::uint64_t id, MonoNs now_ns) {
  Open& open = open_.at(id);
  if (open.sequence != 0) return true;
  if (!lane.held_by.empty()) return false;
  if (lane.next_sequence == 0) {
    ask_for_row(lane, now_ns);
    return false;
  }
  open.sequence = lane.next_sequence++;
  open.former = 0;
  return true;
}

void RangeClient::ask_for_row(Lane& lane, MonoNs now_ns) {
  if (lane.question != 0) return;
  const std::uint64_t id = next_id_++;
  Open& open = open_[id];
  open.request.kind = Request::Kind::source;
  open.request.range = lane.range;
  open.lane = &lane;
  lane.question = id;
  ask(id, open, now_ns);
}

void RangeClient::take_row(Lane& lane, const Answer& answer, MonoNs now_ns) {
  lane.question = 0;
  // It is asked again with the next tick.
  if (answer.code != AnswerCode::done) return;
  if (!answer.text.empty()) {
    const auto row = kv::decode_source_row(answer.text);
    if (!row.ok()) return;
    lane.split_row = *row;
  }
  lane.next_sequence = lane.split_row.last + 1;
  send_appends(lane, now_ns);
}

}  // namespace tenon::store
