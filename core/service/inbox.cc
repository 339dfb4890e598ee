#include "service/inbox.h"

#include <algorithm>

namespace tenon::service {

InboxQueue::Append InboxQueue::append(Ref<Message> message, const session::ShowAs& show,
                                      const InboxLimits& limits) {
  const std::uint64_t bytes = message->memory_bytes();
  if (live_ >= limits.message_count_max || bytes_ + bytes > limits.message_bytes_max) return Append::full;
  Stored& stored = items_.emplace_back();
  InboxItem& item = stored.item;
  item.position = next_position_++;
  item.number = next_number_;
  if (show.qos != mqtt::QoS::at_most_once) ++next_number_;
  item.qos = show.qos;
  item.retain = show.retain;
  item.message = std::move(message);
  item.subscription_ids.assign(show.subscription_ids.begin(), show.subscription_ids.end());
  bytes_ += bytes;
  ++live_;
  return Append::stored;
}

void InboxQueue::fetch(std::uint64_t position, std::size_t count_max, std::vector<InboxItem>& items) const {
  auto at = std::lower_bound(items_.begin(), items_.end(), position,
                             [](const Stored& stored, std::uint64_t p) { return stored.item.position < p; });
  for (; at != items_.end() && count_max > 0; ++at) {
    if (at->gone) continue;
    items.push_back(at->item);
    InboxItem& copy = items.back();
    if (copy.state == InboxItem::State::fresh && copy.position <= sent_position_)
      copy.state = InboxItem::State::sent;
    --count_max;
  }
}

void InboxQueue::sent(std::uint64_t position) {
  if (position <= sent_position_) return;
  auto at = std::upper_bound(items_.begin(), items_.end(), sent_position_,
                             [](std::uint64_t p, const Stored& stored) { return p < stored.item.position; });
  for (; at != items_.end() && at->item.position <= position; ++at)
    if (!at->gone && at->item.qos == mqtt::QoS::at_most_once) drop(*at);
  sent_position_ = position;
  trim();
}

std::deque<InboxQueue::Stored>::iterator InboxQueue::find(std::uint64_t number) {
  auto at = std::lower_bound(items_.begin(), items_.end(), number,
                             [](const Stored& stored, std::uint64_t n) { return stored.item.number < n; });
  // QoS 0 items carry the number of the one behind them.
  while (at != items_.end() && at->item.number == number && at->item.qos == mqtt::QoS::at_most_once) ++at;
  return at != items_.end() && at->item.number == number && !at->gone ? at : items_.end();
}

bool InboxQueue::acknowledge(std::uint64_t number) {
  const auto at = find(number);
  if (at == items_.end()) return false;
  drop(*at);
  trim();
  return true;
}

bool InboxQueue::release(std::uint64_t number) {
  const auto at = find(number);
  if (at == items_.end()) return false;
  if (at->item.message) bytes_ -= at->item.message->memory_bytes();
  at->item.message = nullptr;
  at->item.state = InboxItem::State::released;
  return true;
}

void InboxQueue::drop(Stored& stored) {
  if (stored.item.message) bytes_ -= stored.item.message->memory_bytes();
  stored.item.message = nullptr;
  stored.gone = true;
  --live_;
}

void InboxQueue::trim() {
  while (!items_.empty() && items_.front().gone) items_.pop_front();
  // One that is not acknowledged for long must not keep the places of all that come and go behind it.
  constexpr std::size_t slack = 64;
  if (items_.size() > 2 * live_ + slack)
    std::erase_if(items_, [](const Stored& stored) { return stored.gone; });
}

std::uint64_t InboxQueue::first_number() const {
  for (const Stored& stored : items_)
    if (!stored.gone && stored.item.qos != mqtt::QoS::at_most_once) return stored.item.number;
  return next_number_;
}

}  // namespace tenon::service
