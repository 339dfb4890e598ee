#pragma once

#include <span>
#include <string_view>

#include "observe/log/area.h"
#include "observe/log/field.h"
#include "observe/log/level.h"

namespace tenon::observe {

// One log record. Borrows everything; the log copies what it needs.
struct LogRecord {
  LogArea area = LogArea::plugin;
  LogLevel level = LogLevel::info;
  std::string_view event;    // "area.noun_verb"
  std::string_view source;   // the plugin instance that speaks; empty: the broker itself
  std::string_view message;  // a sentence for people
  std::span<const Field> fields;
  bool is_record = false;  // as Event::is_record
};

}  // namespace tenon::observe
