#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "broker/events/event_queue.h"

namespace tenon::broker {

// What an observer wishes to see.
struct EventWishes {
  std::uint64_t types = 0;           // the bit of a type is 1 << it
  std::vector<std::string> filters;  // of messages that were published
  std::uint32_t payload_bytes_max = 0;

  bool wants(EventType type) const { return (types >> static_cast<unsigned>(type) & 1) != 0; }
  bool matches(std::string_view topic) const;
};

// Who is told of what. Changed by one thread; workers look through an EventTap each.
class EventBus {
 public:
  struct Place {
    EventQueue* queue = nullptr;
    EventWishes wishes;
  };
  using Places = std::vector<Place>;

  // A new one, or other wishes of one that is there. `queue` outlives the bus.
  void put(EventQueue& queue, EventWishes wishes);

  // Grows with each change. Any thread.
  std::uint64_t stamp() const { return stamp_.load(std::memory_order_acquire); }
  // As they are now. Never null. Any thread.
  std::shared_ptr<const Places> places() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Places> places_ = std::make_shared<const Places>();  // guarded by mutex_
  std::atomic<std::uint64_t> stamp_{0};
};

// What one worker sees of the bus: nothing of it takes a lock unless wishes have changed. While nobody wishes
// to see a type, telling of it costs one look at a pointer, or at two numbers.
class EventTap {
 public:
  // Null: there are no observers.
  explicit EventTap(const EventBus* bus) : bus_(bus) {}

  bool wants(EventType type) {
    if (!bus_) [[likely]]
      return false;
    if (bus_->stamp() != stamp_) look_again();
    return (types_ >> static_cast<unsigned>(type) & 1) != 0;
  }
  // REQUIRES: wants(message_published).
  bool wants_message(std::string_view topic) const;
  // REQUIRES: wants(event.type).
  void tell(const Event& event) const;

 private:
  void look_again();

  const EventBus* const bus_;
  std::shared_ptr<const EventBus::Places> places_;
  std::uint64_t stamp_ = 0;
  std::uint64_t types_ = 0;  // of all of them
};

}  // namespace tenon::broker
