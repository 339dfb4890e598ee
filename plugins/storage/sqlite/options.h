#pragma once

#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::storage_sqlite {

// What conf.d says about an engine; README.md explains each.
struct Options {
  std::uint64_t cache_bytes = 16 * 1024 * 1024;
  std::uint32_t page_bytes = 4096;
  std::uint64_t wal_bytes_max = 16 * 1024 * 1024;
  std::uint64_t snapshot_wal_bytes_max = 1024 * 1024 * 1024;
};

// The JSON Schema of the options.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "cache_bytes": {
      "type": "integer", "minimum": 1048576, "maximum": 1099511627776, "default": 16777216,
      "description": "Memory for pages of the database, for writing and for get. Each snapshot uses up to a quarter of it more."
    },
    "page_bytes": {
      "type": "integer", "enum": [1024, 2048, 4096, 8192, 16384, 32768, 65536], "default": 4096,
      "description": "Size of a page. Counts when the database is made; later it keeps its size."
    },
    "wal_bytes_max": {
      "type": "integer", "minimum": 1048576, "maximum": 1099511627776, "default": 16777216,
      "description": "Size of the write-ahead log from which on it is copied into the database and begun anew."
    },
    "snapshot_wal_bytes_max": {
      "type": "integer", "minimum": 1048576, "maximum": 1099511627776, "default": 1073741824,
      "description": "Size of the log from which on snapshots, which keep it from beginning anew, are given up."
    }
  }
})";

// Throws a Failure with TENON_E_INVALID and the option's name.
Options read_options(const sdk::Config& config);

}  // namespace tenon::storage_sqlite
