#include "broker/durable/held_messages.h"

#include <utility>

namespace tenon::broker {

HeldMessages::Place HeldMessages::hold(One&& one) {
  entries_.push_back({std::move(one)});
  return Place{first_ + entries_.size() - 1};
}

void HeldMessages::settle(Place place, bool is_on_record) {
  Entry& entry = entries_[static_cast<std::uint64_t>(place) - first_];
  entry.state = is_on_record ? State::on_record : State::dropped;
  if (!is_on_record) entry.one.waits->end_one(mqtt::ReasonCode::success);
}

std::optional<HeldMessages::One> HeldMessages::take() {
  while (!entries_.empty() && entries_.front().state != State::open) {
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    ++first_;
    if (entry.state == State::on_record) return std::move(entry.one);
  }
  return std::nullopt;
}

}  // namespace tenon::broker
