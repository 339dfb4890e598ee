#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "observe/log/level.h"
#include "observe/log/record.h"

namespace tenon::observe {

// Bounds on what one record may become, in bytes before escaping.
inline constexpr std::size_t log_message_bytes_max = 1024;
inline constexpr std::size_t log_value_bytes_max = 256;
inline constexpr std::size_t log_name_bytes_max = 64;  // events, sources and keys
inline constexpr std::size_t log_field_count_max = 24;

// Appends the record as one line without its end. `suppressed` is how many records like it were held back
// before.
//
//   text: 2026-01-02T03:04:05.678Z INFO  link.opened: a client connected listener=default peer="10.0.0.1 port
//   7" json:
//   {"time":"...","level":"info","event":"link.opened","message":"...","fields":{"listener":"default"}}
//
// In text, a value with anything but plain characters stands in quotes, and so does a message with '=' or '"'
// in it: what looks like a field is one. Pure.
void append_record(std::string& out, LogFormat format, UnixMs time, const LogRecord& record,
                   std::uint64_t suppressed);

}  // namespace tenon::observe
