#pragma once

#include <cstdint>
#include <string>

#include <tenon/config.hpp>

namespace tenon::storage_rocksdb {

// What conf.d says about an engine; README.md explains each.
struct Options {
  std::uint64_t cache_bytes = 32 * 1024 * 1024;
  std::uint64_t write_buffer_bytes = 16 * 1024 * 1024;
  std::uint32_t open_files_max = 512;
  std::uint32_t compaction_threads = 1;
  std::string compression = "lz4";
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "cache_bytes": {
      "type": "integer", "minimum": 1048576, "maximum": 1099511627776, "default": 33554432,
      "description": "Memory for blocks of tables, their indexes and filters included."
    },
    "write_buffer_bytes": {
      "type": "integer", "minimum": 65536, "maximum": 1073741824, "default": 16777216,
      "description": "Memory that gathers writes before they become a table. Three of them at most."
    },
    "open_files_max": {
      "type": "integer", "minimum": 32, "maximum": 1000000, "default": 512,
      "description": "Tables that are kept open."
    },
    "compaction_threads": {
      "type": "integer", "minimum": 1, "maximum": 16, "default": 1,
      "description": "Threads that merge tables. One more writes tables from memory."
    },
    "compression": {
      "type": "string", "enum": ["none", "lz4", "zstd"], "default": "lz4",
      "description": "Of the blocks of tables that are written from now on."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::storage_rocksdb
