#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tenon::storage {

// The rows of an export chunk: {u32 key length, u32 value length, key, value}, little-endian
// (draft/storage.h).

// Bytes that a row takes.
constexpr std::uint64_t row_bytes(std::uint64_t key_len, std::uint64_t value_len) {
  return 8 + key_len + value_len;
}

// Appends one row. REQUIRES: lengths below 4 GiB.
void append_row(std::vector<std::uint8_t>& chunk, tenon_bytes key, tenon_bytes value);

struct Row {
  tenon_bytes key;
  tenon_bytes value;
};

// All rows of a chunk, as views into it; empty when the chunk does not hold together: a length points beyond
// its end, or bytes are left over.
std::optional<std::vector<Row>> parse_rows(std::span<const std::uint8_t> chunk);

// The rows of a chunk as puts into `space`, for import_chunk; views into the chunk. Throws a Failure with
// TENON_E_CORRUPT when it does not hold together.
std::vector<tenon_write> rows_as_puts(std::uint32_t space, tenon_bytes chunk);

}  // namespace tenon::storage
