#include "token/base64url.h"

#include <cstdint>

namespace tenon::auth_jwt {
namespace {

constexpr std::uint32_t not_a_digit = 64;

std::uint32_t digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '-') return 62;
  if (c == '_') return 63;
  return not_a_digit;
}

}  // namespace

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const char c : text) {
    const std::uint32_t digit = digit_of(c);
    if (digit == not_a_digit) return std::nullopt;
    held = (held << 6) | digit;
    held_bits += 6;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes += static_cast<char>(held >> held_bits & 0xFF);
    held &= (1u << held_bits) - 1u;
  }
  if (held != 0) return std::nullopt;
  return bytes;
}

}  // namespace tenon::auth_jwt
