#pragma once

#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::recovery {

enum class Evidence : std::uint8_t { proof, timeout };

// What conf.d says; README.md explains each.
struct Options {
  Evidence evidence = Evidence::proof;
  std::int64_t timeout_ms = 10'000;
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "evidence": {
      "type": "string", "enum": ["proof", "timeout"], "default": "proof",
      "description": "proof: each voter that is missing has a host that refuses the cluster's port, or was marked as lost. timeout: it is enough that they have been silent for timeout_s; the range is provisional then, and over if they turn out to have their majority."
    },
    "timeout_s": {
      "type": "integer", "minimum": 1, "maximum": 86400, "default": 10,
      "description": "How long a range has to be without a leader, and the missing voters gone."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::recovery
