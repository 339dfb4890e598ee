// Appends with several keys, and the parts that they are cut into.

#include "store/client/range_client.h"

namespace tenon::store {

void RangeClient::submit_many(Request&& request, MonoNs now_ns) {
  look_at_ranges(now_ns);
  const auto whole = std::make_shared<Whole>();
  whole->request = std::move(request);
  const std::uint64_t id = open_part(whole, 0, whole->request.many->count());
  whole->age = id;
  if (open_.at(id).request.text.size() > request_text_bytes_max)
    return finish(id, {AnswerCode::refused, NodeId::none, {}, 0, {}});
  place_or_wait(id);
  send_all_appends(now_ns);
}

// Its place is still to be found.
std::uint64_t RangeClient::open_part(const std::shared_ptr<Whole>& whole, std::size_t begin,
                                     std::size_t end) {
  const std::uint64_t id = next_id_++;
  Open& part = open_[id];
  part.whole = whole;
  part.request.store = whole->request.store;
  part.request.kind = Request::Kind::append;
  part.request.deadline_ns = whole->request.deadline_ns;
  part.request.may_lapse = whole->request.may_lapse;
  part.request.sender = whole->request.sender;
  ++whole->open_parts;
  set_keys(part, begin, end);
  return id;
}

void RangeClient::set_keys(Open& part, std::size_t begin, std::size_t end) {
  const ManyKeys& many = *part.whole->request.many;
  open_bytes_ -= part.request.text.size();
  part.begin = begin;
  part.end = end;
  part.request.key = many.key(begin);
  part.request.text = many.text(begin, end);
  open_bytes_ += part.request.text.size();
}

// Where the keys end that are in the same range as the one at `begin`, or that no known range holds either.
std::size_t RangeClient::end_in_range(const Open& part, std::size_t begin) const {
  const ManyKeys& many = *part.whole->request.many;
  const auto range = ranges_.find(part.request.store, many.key(begin));
  std::size_t low = begin + 1;
  std::size_t high = part.end;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (ranges_.find(part.request.store, many.key(middle)) == range)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// Leaves to the part those of its keys that are in the range of the first one. The id of a part of the
// others, whose place is still to be found; 0: there are none.
std::uint64_t RangeClient::cut(Open& part) {
  const std::size_t end = end_in_range(part, part.begin);
  if (end == part.end) return 0;
  if (part.request.text.empty()) {
    // Its time was up, and an empty command has its place.
    part.end = end;
    return 0;
  }
  const std::uint64_t rest = open_part(part.whole, end, part.end);
  open_.at(rest).former = part.former;
  open_.at(rest).former_range = part.former_range;
  open_.at(rest).request.deadline_ns = part.request.deadline_ns;
  set_keys(part, part.begin, end);
  return rest;
}

// REQUIRES: it is in no lane.
void RangeClient::place_or_wait(std::uint64_t id) {
  Open& open = open_.at(id);
  const std::uint64_t rest = open.has_many() ? cut(open) : 0;
  if (!place_by_age(id, open)) unplaced_appends_.insert(id);
  if (rest != 0) place_or_wait(rest);
}

// The range of a part that has a number does not hold all of its keys. False: it holds none, or all: then it
// is the number that it does not take.
bool RangeClient::cut_at_its_range(std::uint64_t id, Open& part, MonoNs now_ns) {
  if (!part.has_many() || ranges_.find(part.request.store, part.request.key) != part.lane->range ||
      end_in_range(part, part.begin) == part.end)
    return false;
  Lane& lane = *part.lane;
  // Sent again from here on, it has another size.
  append_not_done(id, lane, AnswerCode::lost, now_ns);
  if (const std::uint64_t rest = cut(part); rest != 0) {
    forget_hold(id);
    place_or_wait(rest);
  }
  return true;
}

void RangeClient::finish_part(const Open& part, Answer&& answer) {
  Whole& whole = *part.whole;
  if (!is_applied(answer.code)) whole.answer.code = answer.code;
  whole.answer.parts.push_back({part.begin, part.end, answer.code, std::move(answer.text)});
  if (--whole.open_parts == 0 && whole.request.ticket != Ticket::none)
    ports_.finished(whole.request, {}, std::move(whole.answer));
}

// Nobody waits for it any more.
void RangeClient::time_out(Whole& whole) {
  if (whole.request.ticket == Ticket::none) return;
  ports_.finished(whole.request, {}, {AnswerCode::timed_out, NodeId::none, {}, 0, {}});
  whole.request.ticket = Ticket::none;
}

}  // namespace tenon::store
