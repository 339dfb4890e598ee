#pragma once

#include <span>
#include <string_view>

#include "observe/log/area.h"
#include "observe/log/event_table.h"
#include "observe/log/level.h"

namespace tenon::observe {

// Something worth a log record, declared once in event_table.h.
struct Event {
  LogArea area;
  LogLevel level;
  std::string_view name;     // "area.noun_verb", stable
  std::string_view meaning;  // for the reference page
  bool is_record = false;    // written whatever the level is and however often it comes
};

namespace events {
#define TENON_EVENT(area, name, level, meaning) \
  inline constexpr Event area##_##name{LogArea::area, LogLevel::level, #area "." #name, meaning};
#define TENON_RECORD(area, name, level, meaning) \
  inline constexpr Event area##_##name{LogArea::area, LogLevel::level, #area "." #name, meaning, true};
TENON_EVENTS(TENON_EVENT, TENON_RECORD)
#undef TENON_RECORD
#undef TENON_EVENT
}  // namespace events

// All of the table, in its order. Static; any thread.
std::span<const Event> all_events();

}  // namespace tenon::observe
