#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::service {

inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<std::uint8_t>(c) >> 4];
    hex += digits[static_cast<std::uint8_t>(c) & 15];
  }
  return hex;
}

}  // namespace tenon::service
