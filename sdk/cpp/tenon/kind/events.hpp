/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/events.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// One event, see draft/events.h. Views are good for the call.
class EventView {
 public:
  explicit EventView(const tenon_event& raw) : raw_(&raw) {}

  std::uint32_t type() const { return raw_->type; }
  std::int64_t unix_ms() const { return raw_->unix_ms; }
  std::string_view tenant() const { return text_of(raw_->tenant); }
  std::string_view client_id() const { return text_of(raw_->client_id); }
  std::string_view user() const { return text_of(raw_->user); }
  std::string_view peer() const { return text_of(raw_->peer); }
  std::string_view listener() const { return text_of(raw_->listener); }
  std::string_view topic() const { return text_of(raw_->topic); }
  std::string_view payload() const { return text_of(raw_->payload); }
  std::string_view reason() const { return text_of(raw_->reason); }
  std::uint32_t code() const { return raw_->code; }
  std::uint32_t qos() const { return raw_->qos; }
  std::uint32_t version() const { return raw_->version; }
  bool has(std::uint32_t flag) const { return (raw_->flags & flag) != 0; }

 private:
  const tenon_event* raw_;
};

// Events of one call, in their order.
class EventBatch {
 public:
  EventBatch(const tenon_event* first, std::uint64_t count, std::uint64_t stride)
      : first_(reinterpret_cast<const unsigned char*>(first)), count_(count), stride_(stride) {}

  std::uint64_t size() const { return count_; }
  // REQUIRES: at < size().
  EventView operator[](std::uint64_t at) const {
    return EventView(*reinterpret_cast<const tenon_event*>(first_ + at * stride_));
  }

 private:
  const unsigned char* first_;
  std::uint64_t count_;
  std::uint64_t stride_;
};

struct EventWishes {
  std::uint64_t types = 0;
  std::vector<std::string> filters = {};
  std::uint32_t payload_bytes_max = 0;
  std::uint32_t batch_count_max = 0;
  std::uint32_t linger_ms = 0;

  static constexpr std::uint64_t bit(std::uint32_t type) { return std::uint64_t{1} << type; }
};

// Base of an observer. Derived has
//   EventWishes wishes() const                               [setup] throws a Failure
//   void deliver(const EventBatch&, std::uint64_t dropped)   on a thread of the instance, which may block;
//                                                            throws a Failure; with TENON_E_BUSY the same
//                                                            events come again
// deliver() runs on another thread than wishes(), reconfigure() and quiesce(), perhaps at the same time,
// until deactivate().
template <class Derived>
class EventsPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_EVENTS_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_events table{
        .struct_size = sizeof(tenon_events), .reserved = 0, .wishes = wishes_fn, .deliver = deliver_fn};
    return id == TENON_EVENTS_ID ? &table : nullptr;
  }

 protected:
  ~EventsPlugin() = default;

 private:
  static tenon_status wishes_fn(tenon_plugin* plugin, tenon_event_wishes* ret_wishes,
                                tenon_error* error) noexcept {
    return guarded(error, [&] {
      Derived& derived = Plugin<Derived>::self(plugin);
      EventsPlugin& self = derived;
      self.wishes_ = std::as_const(derived).wishes();
      self.filters_.clear();
      for (const std::string& filter : self.wishes_.filters)
        self.filters_.push_back(abi(std::string_view(filter)));
      ret_wishes->payload_bytes_max = self.wishes_.payload_bytes_max;
      ret_wishes->types = self.wishes_.types;
      ret_wishes->filters = self.filters_.data();
      ret_wishes->filter_count = self.filters_.size();
      ret_wishes->batch_count_max = self.wishes_.batch_count_max;
      ret_wishes->linger_ms = self.wishes_.linger_ms;
    });
  }
  static tenon_status deliver_fn(tenon_plugin* plugin, const tenon_event* events, std::uint64_t count,
                                 std::uint64_t stride, std::uint64_t dropped, tenon_error* error) noexcept {
    return guarded(
        error, [&] { Plugin<Derived>::self(plugin).deliver(EventBatch(events, count, stride), dropped); });
  }

  EventWishes wishes_;
  std::vector<tenon_bytes> filters_;
};

TENON_SDK_END
