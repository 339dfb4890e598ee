#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/config.hpp>

namespace tenon::events_common {

// The two options below, as properties of a schema.
#define TENON_SCHEMA_OF_EVENTS \
  R"("events": {"type": "array", "items": {"type": "string"}, "description": "Which events: client_connected, client_disconnected, client_refused, client_banned, subscribed, unsubscribed, session_ended, message_refused; all of these unless given"})"
#define TENON_SCHEMA_OF_MESSAGES \
  R"("messages": {"type": "array", "items": {"type": "string"}, "description": "Topic filters: each message to a topic that one of them matches, too"})"

struct EventOptions {
  std::uint64_t types = 0;            // bits
  std::vector<std::string> messages;  // filters
};

// Reads "events" and "messages". Throws a sdk::Failure that names the option.
EventOptions read_event_options(const sdk::Config& config);

}  // namespace tenon::events_common
