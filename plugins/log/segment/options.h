#pragma once

#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::segment_log {

// What conf.d says about a journal; README.md explains each.
struct Options {
  std::uint64_t segment_bytes = 64 * 1024 * 1024;
  std::uint64_t cache_bytes = 4 * 1024 * 1024;
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "segment_bytes": {
      "type": "integer", "minimum": 16384, "maximum": 1073741824, "default": 67108864,
      "description": "Size of a segment file from which on the next write begins another."
    },
    "cache_bytes": {
      "type": "integer", "minimum": 0, "maximum": 1099511627776, "default": 4194304,
      "description": "Memory for the newest records, so that reading them touches no disk."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::segment_log
