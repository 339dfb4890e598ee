#include "admin/json/base64.h"

#include <cstdint>

namespace tenon::admin {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64_of(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    const std::size_t count = bytes.size() - at;
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? letters[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t bits = 0;
    std::size_t count = 0;
    for (; count < 4 && text[at + count] != '='; ++count) {
      const std::size_t value = letters.find(text[at + count]);
      if (value == std::string_view::npos) return std::nullopt;
      bits = bits << 6 | static_cast<std::uint32_t>(value);
    }
    if (count == 4) {
      out += {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
      continue;
    }
    // Padding ends the text, and stands for bits that are not there: what is left of them is zero.
    const bool is_end = at + 4 == text.size() && text.substr(at + count) == (count == 3 ? "=" : "==");
    const std::uint32_t rest = count == 3 ? bits & 3 : bits & 15;
    if (!is_end || count < 2 || rest != 0) return std::nullopt;
    if (count == 3)
      out += {static_cast<char>(bits >> 10), static_cast<char>(bits >> 2)};
    else
      out += static_cast<char>(bits >> 4);
  }
  return out;
}

}  // namespace tenon::admin
