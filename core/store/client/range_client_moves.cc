// How open appends find their way when ranges are split and merged.

#include <algorithm>
#include <utility>

#include "base/wire.h"
#include "kv/reshape/split.h"
#include "store/client/range_client.h"

namespace tenon::store {

void RangeClient::look_at_ranges(MonoNs now_ns) {
  if (seen_version_ == ranges_.version()) return;
  seen_version_ = ranges_.version();
  place_unplaced();
  move_where_they_go();
  send_all_appends(now_ns);
}

// Appends without a place, and without a number, go to the lane of the range that holds their key, where they
// stand before newer ones.
void RangeClient::place_unplaced() {
  for (const std::uint64_t id : std::exchange(unplaced_appends_, {})) place_or_wait(id);
}

bool RangeClient::place_by_age(std::uint64_t id, Open& open) {
  const auto home = ranges_.find(open.request.store, open.request.key);
  if (!home) return false;
  open.lane = &lane(*home);
  auto& appends = open.lane->appends;
  const auto unnumbered = std::partition_point(
      appends.begin(), appends.end(), [this](std::uint64_t other) { return open_.at(other).sequence != 0; });
  const auto age = [this](std::uint64_t of) { return age_of(of, open_.at(of)); };
  appends.insert(std::lower_bound(unnumbered, appends.end(), id,
                                  [&](std::uint64_t a, std::uint64_t b) { return age(a) < age(b); }),
                 id);
  busy_.insert({*home, open.lane});
  return true;
}

// Appends that another range holds by now: those without a number go there at once, the others when their
// range has told that the number is used up.
void RangeClient::move_where_they_go() {
  for (auto& [range, lane] : lanes_) lane.held_by.clear();
  holds_.clear();
  std::vector<std::uint64_t> ready;
  std::vector<std::uint64_t> ended;
  for (auto& [id, open] : open_) {
    if (!open.lane) continue;
    const bool has_ended = ranges_.has_ended(open.lane->range);
    if (has_ended) ended.push_back(id);
    if (has_ended || open.request.kind != Request::Kind::append) continue;
    const auto home = ranges_.find(open.request.store, open.request.key);
    const bool moves = home && *home != open.lane->range;
    const bool is_cut = open.has_many() && end_in_range(open, open.begin) != open.end;
    if (!moves && !is_cut) continue;
    if (open.sequence == 0) {
      ready.push_back(id);
      continue;
    }
    if (moves) hold(lane(*home), id);
    for (std::size_t at = open.begin; is_cut && (at = end_in_range(open, at)) < open.end;)
      if (const auto to = ranges_.find(open.request.store, open.whole->request.many->key(at)))
        hold(lane(*to), id);
  }
  for (const std::uint64_t id : ready) move_on(id, open_.at(id));
  for (const std::uint64_t id : ended)
    if (leave_ended(id, open_.at(id))) move_on(id, open_.at(id));
}

// What was asked of a range that is part of another one now. True: it is an append, and goes on.
bool RangeClient::leave_ended(std::uint64_t id, Open& open) {
  switch (open.request.kind) {
    case Request::Kind::append:
      return true;
    case Request::Kind::source:
      open.lane->question = 0;
      drop(id);
      return false;
    case Request::Kind::order:
      finish(id, {AnswerCode::stale, NodeId::none, "the range is part of another one by now", 0, {}});
      return false;
    default:
      open.lane = nullptr;
      // What is answered to this question is no answer to the next.
      ++open.attempt;
      ask_later(id, open, 0);
      return false;
  }
}

// What has no number in the lane yet waits for the append.
void RangeClient::hold(Lane& lane, std::uint64_t id) {
  lane.held_by.insert(id);
  holds_.emplace(id, &lane);
}

// Its range has nothing more to do with it.
void RangeClient::move_on(std::uint64_t id, Open& open) {
  const Lane& from = *open.lane;
  if (open.sequence == 0 && open.former != 0 && row_for(from, open)) {
    if (end_if_applied(*open.lane, id)) return;
    open.former = 0;
  }
  const bool has_ended = ranges_.has_ended(from.range);
  const bool stays = ranges_.find(open.request.store, open.request.key) == from.range;
  const bool has_moved = open.sequence == 0 && open.former != 0;
  const bool is_of_lane = open.former_range == RangeId{} || open.former_range == from.range;
  if (open.sequence != 0)
    open.former_range = has_ended || stays ? from.range : RangeId{};
  else if (has_moved && is_of_lane)
    open.former_range = has_ended ? from.range : RangeId{};
  leave_lane(id, open);
  if (open.sequence != 0) open.former = std::exchange(open.sequence, 0);
  open.lane = nullptr;
  open.sent_bytes = 0;
  open.asked = NodeId::none;
  // What is answered to an earlier question is no answer to the next.
  ++open.attempt;
  forget_hold(id);
  place_or_wait(id);
}

void RangeClient::forget_hold(std::uint64_t id) {
  const auto [first, last] = holds_.equal_range(id);
  for (auto hold = first; hold != last; ++hold) hold->second->held_by.erase(id);
  holds_.erase(first, last);
}

// What the number that it had is to be compared with; null: that is not known yet.
const kv::SourceRow* RangeClient::row_for(const Lane& lane, const Open& open) const {
  if (open.former_range == RangeId{}) return lane.split_row ? &*lane.split_row : nullptr;
  const auto found = lane.former_rows.find(open.former_range);
  return found == lane.former_rows.end() ? nullptr : &found->second;
}

// What was applied before the split, or the merge, and was not heard of, is over. REQUIRES: it is the next to
// be sent.
bool RangeClient::end_if_applied(Lane& lane, std::uint64_t id) {
  const Open& open = open_.at(id);
  if (open.sequence != 0 || open.former == 0) return false;
  const kv::SourceRow* row = row_for(lane, open);
  if (!row) return false;
  // The new range's first entry stands for all that was applied before it was split off; and before a range
  // is absorbed, all its members have applied what it had.
  Answer answer{AnswerCode::timed_out, NodeId::none, {}, kv::split_start.index, {}};
  switch (row->fate_of(open.former).value()) {
    case kv::SourceRow::Fate::open:
    case kv::SourceRow::Fate::passed:
      return false;
    case kv::SourceRow::Fate::applied:
      answer.code = AnswerCode::duplicate;
      break;
    case kv::SourceRow::Fate::refused:
      answer.code = AnswerCode::refused;
      break;
    case kv::SourceRow::Fate::unknown:
      break;
  }
  finish(id, std::move(answer));
  return true;
}

// Nothing is applied any more under the numbers that were given out in this lane. Where one was, the range
// has told before where its numbers begin: what it says next is what became of them, and no `split_row`.
void RangeClient::begin_anew(Lane& lane) {
  if (std::exchange(lane.is_anew, true)) return;
  lane.next_sequence = 0;
  lane.former_rows.erase(lane.range);
}

bool RangeClient::has_numbered(const Lane& lane) const {
  return !lane.appends.empty() && open_.at(lane.appends.front()).sequence != 0;
}

// False: it may have none yet.
bool RangeClient::number(Lane& lane, std::uint64_t id, MonoNs now_ns) {
  Open& open = open_.at(id);
  if (open.sequence != 0) return true;
  if (!lane.held_by.empty()) return false;
  if (lane.next_sequence == 0) {
    ask_for_row(lane, {}, now_ns);
    return false;
  }
  if (open.former != 0 && !row_for(lane, open)) {
    ask_for_row(lane, open.former_range, now_ns);
    return false;
  }
  if (lane.is_anew && has_numbered(lane)) return false;
  lane.is_anew = false;
  open.sequence = lane.next_sequence++;
  open.former = 0;
  return true;
}

void RangeClient::ask_for_row(Lane& lane, const RangeId& about, MonoNs now_ns) {
  if (lane.question != 0) return;
  const std::uint64_t id = next_id_++;
  Open& open = open_[id];
  open.request.kind = Request::Kind::source;
  open.request.range = lane.range;
  open.lane = &lane;
  lane.question = id;
  lane.question_about = about;
  if (about != RangeId{}) {
    WireWriter text(open.request.text);
    kv::write(text, about);
    open_bytes_ += open.request.text.size();
  }
  ask(id, open, now_ns);
}

void RangeClient::take_row(Lane& lane, const Answer& answer, MonoNs now_ns) {
  lane.question = 0;
  const RangeId about = lane.question_about;
  if (about != RangeId{} && (answer.code == AnswerCode::stale || answer.code == AnswerCode::refused)) {
    for (const std::uint64_t former : with_former(lane, about)) {
      // Nothing is kept of that range any more: nobody knows what became of it.
      if (answer.code == AnswerCode::stale)
        finish(former, {AnswerCode::timed_out, NodeId::none, {}, 0, {}});
      else
        open_.at(former).former_range = {};
    }
    return send_appends(lane, now_ns);
  }
  // It is asked again with the next tick.
  if (answer.code != AnswerCode::done) return;
  kv::SourceRow row;
  if (!answer.text.empty()) {
    const auto read = kv::decode_source_row(answer.text);
    if (!read.ok() || !read->is_sound()) return;
    row = *read;
  }
  if (about == RangeId{}) {
    if (lane.split_row)
      lane.former_rows[lane.range] = row;
    else
      lane.split_row = row;
    lane.next_sequence = row.last + 1;
  } else {
    lane.former_rows[about] = row;
  }
  send_appends(lane, now_ns);
}

std::vector<std::uint64_t> RangeClient::with_former(const Lane& lane, const RangeId& former) const {
  std::vector<std::uint64_t> found;
  for (const std::uint64_t id : lane.appends) {
    const Open& open = open_.at(id);
    if (open.sequence == 0 && open.former != 0 && open.former_range == former) found.push_back(id);
  }
  return found;
}

}  // namespace tenon::store
