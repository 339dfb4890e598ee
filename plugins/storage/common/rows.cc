#include "common/rows.h"

#include <string>

#include <tenon/failure.hpp>

#include "shared/byte_order.h"

namespace tenon::storage {
namespace {

void append(std::vector<std::uint8_t>& out, tenon_bytes bytes) {
  if (bytes.len > 0) out.insert(out.end(), bytes.data, bytes.data + bytes.len);
}

}  // namespace

void append_row(std::vector<std::uint8_t>& chunk, tenon_bytes key, tenon_bytes value) {
  std::uint8_t lengths[8];
  shared::store_le32(lengths, static_cast<std::uint32_t>(key.len));
  shared::store_le32(lengths + 4, static_cast<std::uint32_t>(value.len));
  append(chunk, {lengths, sizeof lengths});
  append(chunk, key);
  append(chunk, value);
}

std::optional<std::vector<Row>> parse_rows(std::span<const std::uint8_t> chunk) {
  std::vector<Row> rows;
  while (!chunk.empty()) {
    if (chunk.size() < 8) return std::nullopt;
    const std::uint64_t key_len = shared::load_le32(chunk.data());
    const std::uint64_t value_len = shared::load_le32(chunk.data() + 4);
    if (chunk.size() - 8 < key_len + value_len) return std::nullopt;
    const std::uint8_t* key = chunk.data() + 8;
    rows.push_back({{key, key_len}, {key + key_len, value_len}});
    chunk = chunk.subspan(row_bytes(key_len, value_len));
  }
  return rows;
}

std::vector<tenon_write> rows_as_puts(std::uint32_t space, tenon_bytes chunk) {
  const auto rows = parse_rows({chunk.data, static_cast<std::size_t>(chunk.len)});
  if (!rows)
    throw sdk::Failure(TENON_E_CORRUPT, "import chunk of " + std::to_string(chunk.len) +
                                            " bytes does not end with a whole row; export it again");
  std::vector<tenon_write> puts;
  puts.reserve(rows->size());
  for (const Row& row : *rows) puts.push_back({TENON_WRITE_PUT, space, row.key, row.value});
  return puts;
}

}  // namespace tenon::storage
