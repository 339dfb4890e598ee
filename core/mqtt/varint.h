#pragma once

#include <cstdint>

// Variable byte integers (MQTT 5.0 §1.5.5): seven bits a byte, lowest first, 0x80 says that another byte
// follows.

namespace tenon::mqtt {

constexpr std::uint32_t varint_max = 268'435'455;

// Bytes of the shortest form. REQUIRES: value <= varint_max.
constexpr std::uint32_t varint_bytes(std::uint32_t value) {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

// Writes the shortest form and returns the first byte behind it. REQUIRES: value <= varint_max.
inline std::uint8_t* store_varint(std::uint8_t* out, std::uint32_t value) {
  while (value >= 128) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

// REQUIRES: a whole, valid integer at `p`.
inline std::uint32_t load_varint(const std::uint8_t* p) {
  std::uint32_t value = 0;
  unsigned shift = 0;
  for (; *p & 0x80; ++p, shift += 7) value |= static_cast<std::uint32_t>(*p & 0x7F) << shift;
  return value | static_cast<std::uint32_t>(*p) << shift;
}

}  // namespace tenon::mqtt
