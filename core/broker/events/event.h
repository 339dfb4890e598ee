#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace tenon::broker {

// The numbers are those of TENON_EVENT_* in draft/events.h.
enum class EventType : std::uint8_t {
  client_connected = 1,
  client_disconnected = 2,
  client_refused = 3,
  client_banned = 4,
  subscribed = 5,
  unsubscribed = 6,
  message_published = 7,
  session_ended = 8,
  message_refused = 9,
};

// What is no text of an event.
struct EventNumbers {
  EventType type = EventType::client_connected;
  std::uint32_t code = 0;
  std::uint32_t qos = 0;
  std::uint32_t flags = 0;  // as TENON_EVENT_PRESENT and the others
  std::uint32_t version = 0;
  UnixMs unix_ms = 0;
};

// Something that a client has done, or that was done to it. Texts are of whoever tells it.
struct Event : EventNumbers {
  std::string_view tenant;
  std::string_view client_id;
  std::string_view user;
  std::string_view peer;
  std::string_view listener;
  std::string_view topic;  // as clients of the tenant write it
  std::string_view payload;
  std::string_view reason;
};

}  // namespace tenon::broker
