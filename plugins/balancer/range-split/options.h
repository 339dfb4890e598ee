#pragma once

#include <cstddef>
#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::range_split {

// What conf.d says; README.md explains each.
struct Options {
  std::uint64_t size_bytes_max = 512ull << 20;
  std::uint64_t commands_per_s_max = 20'000;
  std::uint64_t bytes_per_s_max = 32u << 20;
  std::uint64_t fanout_max = 100'000;
  std::uint64_t ranges_per_core_max = 8;
  std::uint64_t ranges_min_limit = 8;  // however few cores there are
  std::size_t splits_max = 2;          // in one plan
  bool merge = false;
  std::uint64_t merge_bytes_max = 64ull << 20;
  std::uint64_t merge_percent = 10;  // of the load at which a range is split
  std::int64_t merge_after_ms = 600'000;
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "size_mib_max": {
      "type": "integer", "minimum": 1, "maximum": 1048576, "default": 512,
      "description": "A range that holds more is cut in its middle."
    },
    "commands_per_s_max": {
      "type": "integer", "minimum": 10, "maximum": 100000000, "default": 20000,
      "description": "A range that had more to do in the mean of the last minute is cut where its load halves."
    },
    "kib_per_s_max": {
      "type": "integer", "minimum": 1, "maximum": 1073741824, "default": 32768,
      "description": "The same for the bytes of commands."
    },
    "fanout_max": {
      "type": "integer", "minimum": 100, "maximum": 1000000000, "default": 100000,
      "description": "A filter with more keys is cut off from the others of its range, where the broker names a key."
    },
    "ranges_per_core_max": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 8,
      "description": "A store has at most so many ranges for each core of the nodes that take its replicas."
    },
    "splits_max": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 2,
      "description": "How many ranges one plan cuts."
    },
    "merge": {
      "type": "boolean", "default": false,
      "description": "Whether cold neighbours become one range."
    },
    "merge_mib_max": {
      "type": "integer", "minimum": 1, "maximum": 1048576, "default": 64,
      "description": "What both together hold at most."
    },
    "merge_percent": {
      "type": "integer", "minimum": 1, "maximum": 50, "default": 10,
      "description": "What both together have to do at most, in percent of the load at which a range is cut."
    },
    "merge_after_s": {
      "type": "integer", "minimum": 1, "maximum": 86400, "default": 600,
      "description": "For how long two neighbours have to be cold before they become one range."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::range_split
