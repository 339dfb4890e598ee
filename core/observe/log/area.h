#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::observe {

// What a log record is about. Each area has a level of its own, and each event name starts with its area's
// name.
enum class LogArea : std::uint8_t {
  node,      // the process: start, stop, limits of the system
  config,    // reading and reloading conf.d
  plugin,    // finding, loading and running plugins, and what plugins say themselves
  listener,  // listening addresses
  link,      // connections of clients
  session,   // MQTT sessions
  routing,   // from publish to receivers, retained messages
  storage,   // engines and what they hold
  auth,      // logins and permissions
  api,       // the HTTP API
  balance,   // strategies that move replicas and leaders
  peer,      // links to other nodes
  worker,    // event loops, blocking pool
};

inline constexpr std::size_t log_area_count = 13;

// The name of the enumerator: "node", "config", ...
std::string_view to_string(LogArea area);

// Empty when no area has the name.
std::optional<LogArea> find_log_area(std::string_view name);

}  // namespace tenon::observe
