#pragma once

#include <cstdint>
#include <span>

#include "shared/byte_order.h"
#include "shared/crc32c.h"

namespace tenon::storage_sqlite {

// The last bytes of each database page, which SQLite leaves free (its "reserved space"), hold the
// little-endian CRC-32C of the page number and the rest of the page: a page that was damaged, torn or written
// in the wrong place is found when it is read.
inline constexpr int seal_bytes = 4;

inline std::uint32_t seal_of(std::span<const std::uint8_t> page, std::uint32_t number) {
  std::uint8_t prefix[4];
  shared::store_le32(prefix, number);
  return shared::crc32c(page.first(page.size() - seal_bytes), shared::crc32c(prefix));
}
inline void seal_page(std::span<std::uint8_t> page, std::uint32_t number) {
  shared::store_le32(page.data() + page.size() - seal_bytes, seal_of(page, number));
}
inline bool is_sealed(std::span<const std::uint8_t> page, std::uint32_t number) {
  return shared::load_le32(page.data() + page.size() - seal_bytes) == seal_of(page, number);
}

}  // namespace tenon::storage_sqlite
