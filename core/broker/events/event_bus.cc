#include "broker/events/event_bus.h"

#include <algorithm>
#include <utility>

#include "topic/topic.h"

namespace tenon::broker {

bool EventWishes::matches(std::string_view topic) const {
  return std::ranges::any_of(filters,
                             [&](const std::string& filter) { return topic::matches(filter, topic); });
}

void EventBus::put(EventQueue& queue, EventWishes wishes) {
  auto next = std::make_shared<Places>(*places());
  const auto place = std::ranges::find(*next, &queue, &Place::queue);
  if (place == next->end())
    next->push_back({&queue, std::move(wishes)});
  else
    place->wishes = std::move(wishes);
  {
    const std::lock_guard lock(mutex_);
    places_ = std::move(next);
  }
  stamp_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const EventBus::Places> EventBus::places() const {
  const std::lock_guard lock(mutex_);
  return places_;
}

// The stamp first: what changes behind it is seen at the next look.
void EventTap::look_again() {
  stamp_ = bus_->stamp();
  places_ = bus_->places();
  types_ = 0;
  for (const EventBus::Place& place : *places_) types_ |= place.wishes.types;
}

bool EventTap::wants_message(std::string_view topic) const {
  return std::ranges::any_of(*places_, [&](const EventBus::Place& place) {
    return place.wishes.wants(EventType::message_published) && place.wishes.matches(topic);
  });
}

void EventTap::tell(const Event& event) const {
  for (const EventBus::Place& place : *places_) {
    if (!place.wishes.wants(event.type)) continue;
    if (event.type == EventType::message_published && !place.wishes.matches(event.topic)) continue;
    place.queue->offer(KeptEvent(event, place.wishes.payload_bytes_max));
  }
}

}  // namespace tenon::broker
