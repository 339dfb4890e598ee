#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::observe {

// How much a record matters. `off` is a threshold only: no record has it.
enum class LogLevel : std::uint8_t {
  trace,  // each step; for the authors of tenon
  debug,  // what an operator wants while chasing one problem
  info,   // the broker's life: starts, stops, changes
  warn,   // works, but somebody should look
  error,  // something that was asked for did not happen
  off,
};

enum class LogFormat : std::uint8_t {
  text,  // one line for people
  json,  // one JSON object per line
};

// "trace" .. "error", "off".
std::string_view to_string(LogLevel level);

}  // namespace tenon::observe
