#include "shared/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tenon::shared {
namespace {

constexpr std::uint32_t polynomial_reflected = 0x82F63B78u;

// table[n][b]: the sum of byte b followed by n zero bytes.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ polynomial_reflected : crc >> 1;
    tables[0][byte] = crc;
  }
  for (std::size_t n = 1; n < tables.size(); ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t step(std::uint32_t crc, std::uint8_t byte) {
  return (crc >> 8) ^ tables[0][(crc ^ byte) & 0xFF];
}

// Eight bytes at once: each meets the table for its distance from the end.
std::uint32_t step8(std::uint32_t crc, const std::uint8_t* p) {
  return tables[7][(p[0] ^ crc) & 0xFF] ^ tables[6][(p[1] ^ (crc >> 8)) & 0xFF] ^
         tables[5][(p[2] ^ (crc >> 16)) & 0xFF] ^ tables[4][p[3] ^ (crc >> 24)] ^ tables[3][p[4]] ^
         tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse(std::span<const std::uint8_t> bytes,
                                                           std::uint32_t crc) {
  std::uint64_t state = ~crc;
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<std::uint32_t>(state);
  for (; left > 0; --left) narrow = _mm_crc32_u8(narrow, *p++);
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
  crc = ~crc;
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) crc = step8(crc, p);
  for (; left > 0; --left) crc = step(crc, *p++);
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_sse(bytes, crc);
#endif
  return crc32c_portable(bytes, crc);
}

}  // namespace tenon::shared
