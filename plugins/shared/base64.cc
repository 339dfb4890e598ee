#include "shared/base64.h"

#include <algorithm>
#include <cstddef>

namespace tenon {
namespace {

constexpr std::uint32_t not_a_digit = 64;

// The last two digits tell the alphabets apart.
struct Alphabet {
  char digit_62, digit_63;
};
constexpr Alphabet standard{'+', '/'};
constexpr Alphabet for_urls{'-', '_'};

std::uint32_t value_of(char c, Alphabet alphabet) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == alphabet.digit_62) return 62;
  if (c == alphabet.digit_63) return 63;
  return not_a_digit;
}

// `text` without padding. Empty when there is padding and it is not the right one.
std::optional<std::string_view> without_padding(std::string_view text) {
  const std::size_t end = text.find('=');
  if (end == std::string_view::npos) return text;
  const std::size_t padding = text.size() - end;
  if (text.size() % 4 != 0 || padding > 2 || text.find_first_not_of('=', end) != std::string_view::npos)
    return std::nullopt;
  return text.substr(0, end);
}

template <class Bytes>
std::optional<Bytes> decode(std::string_view digits, Alphabet alphabet) {
  if (digits.size() % 4 == 1) return std::nullopt;
  Bytes bytes;
  bytes.reserve(digits.size() * 3 / 4);
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const char c : digits) {
    const std::uint32_t value = value_of(c, alphabet);
    if (value == not_a_digit) return std::nullopt;
    held = (held << 6) | value;
    held_bits += 6;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes.push_back(static_cast<typename Bytes::value_type>(held >> held_bits & 0xFF));
    held &= (1u << held_bits) - 1u;
  }
  if (held != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  const auto digits = without_padding(text);
  return digits ? decode<std::vector<std::uint8_t>>(*digits, standard) : std::nullopt;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode<std::string>(text, for_urls);
}

std::string encode_base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t held = 0;
    for (std::size_t k = 0; k < 3; ++k) held = held << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[held >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace tenon
