#pragma once

#include <cstddef>
#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::range_leader {

// What conf.d says; README.md explains each.
struct Options {
  std::size_t moves_max = 8;       // in one plan
  std::int64_t settle_ms = 5'000;  // a node that came leads nothing new before that
  std::uint64_t lag_max = 1'000;   // entries
  bool load = true;
  std::uint64_t load_percent = 50;          // by which a node may have more than the mean
  std::uint64_t load_bytes_min = 4u << 20;  // each second; below, loads don't matter
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "moves_max": {
      "type": "integer", "minimum": 1, "maximum": 10000, "default": 8,
      "description": "How many leaders one plan moves."
    },
    "settle_s": {
      "type": "integer", "minimum": 0, "maximum": 3600, "default": 5,
      "description": "A node that has come, or come back, is to lead nothing new before that."
    },
    "lag_max": {
      "type": "integer", "minimum": 0, "maximum": 10000, "default": 1000,
      "description": "Entries that a voter may lack when it is to lead."
    },
    "load": {
      "type": "boolean", "default": true,
      "description": "Whether loads are evened out, too, where all nodes lead as many ranges."
    },
    "load_percent": {
      "type": "integer", "minimum": 5, "maximum": 1000, "default": 50,
      "description": "A node may have so much more load than the mean before leaders are exchanged for that."
    },
    "load_bytes_min": {
      "type": "integer", "minimum": 0, "maximum": 1099511627776, "default": 4194304,
      "description": "Nodes whose loads differ by less than this each second, in bytes and 256 for each command, are as good as even."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::range_leader
