#pragma once

#include <cstdint>
#include <optional>

#include <tenon/config.hpp>

namespace tenon::replica_cnt {

// What conf.d says; README.md explains each.
struct Options {
  std::int64_t grace_ms = 30'000;
  std::optional<std::uint32_t> voters;   // empty: what the store wants
  std::optional<std::int32_t> learners;  // empty: what the store wants
  bool spread = true;
  bool zones = true;
  std::size_t moves_max = 4;  // of replicas between nodes that are there, in one plan
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "grace_s": {
      "type": "integer", "minimum": 1, "maximum": 86400, "default": 30,
      "description": "A voter whose node is gone for longer is replaced."
    },
    "voters": {
      "type": "integer", "enum": [1, 3, 5, 7, 9],
      "description": "Replicas of each range that vote; by default stores.<store>.voters."
    },
    "learners": {
      "type": "integer", "minimum": -1, "maximum": 1000,
      "description": "Replicas that follow without a vote; -1: all other nodes; by default stores.<store>.learners."
    },
    "spread": {
      "type": "boolean", "default": true,
      "description": "Whether voters move from nodes with many to nodes with few."
    },
    "zones": {
      "type": "boolean", "default": true,
      "description": "Whether the voters of a range are kept in as many zones as nodes state."
    },
    "moves_max": {
      "type": "integer", "minimum": 1, "maximum": 10000, "default": 4,
      "description": "How many replicas one plan moves between nodes that are there; replacing is not limited."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::replica_cnt
