#include <array>

#include "observe/log/area.h"
#include "observe/log/event.h"
#include "observe/log/level.h"

namespace tenon::observe {

namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warn", "error", "off"};

constexpr std::array<std::string_view, log_area_count> area_names = {
    "node",    "config", "plugin", "listener", "link", "session", "routing",
    "storage", "auth",   "api",    "balance",  "peer", "worker"};
static_assert(static_cast<std::size_t>(LogArea::worker) + 1 == log_area_count);

constexpr Event event_list[] = {
#define TENON_EVENT(area, name, level, meaning) events::area##_##name,
    TENON_EVENTS(TENON_EVENT, TENON_EVENT)
#undef TENON_EVENT
};

}  // namespace

std::string_view to_string(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::string_view to_string(LogArea area) {
  return area_names[static_cast<std::size_t>(area)];
}

std::optional<LogArea> find_log_area(std::string_view name) {
  for (std::size_t i = 0; i < area_names.size(); ++i)
    if (area_names[i] == name) return static_cast<LogArea>(i);
  return std::nullopt;
}

std::span<const Event> all_events() {
  return event_list;
}

}  // namespace tenon::observe
