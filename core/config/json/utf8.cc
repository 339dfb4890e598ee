#include "config/json/utf8.h"

namespace tenon::config {
namespace {

// The well-formed sequences that start with a given byte (RFC 3629 section 4): how many bytes follow, and the
// range of the first of them, which is what shuts out overlong forms and surrogates.
struct Sequence {
  std::size_t following = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  bool valid = true;
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) return {};
  if (lead >= 0xC2 && lead <= 0xDF) return {.following = 1};
  if (lead == 0xE0) return {.following = 2, .low = 0xA0};
  if (lead == 0xED) return {.following = 2, .high = 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {.following = 2};
  if (lead == 0xF0) return {.following = 3, .low = 0x90};
  if (lead == 0xF4) return {.following = 3, .high = 0x8F};
  if (lead >= 0xF1 && lead <= 0xF3) return {.following = 3};
  return {.valid = false};
}

// Length of the well-formed character at the start of `text`, 0 when there is none.
std::size_t character_length(std::string_view text) {
  const Sequence sequence = sequence_of(static_cast<unsigned char>(text[0]));
  if (!sequence.valid || text.size() <= sequence.following) return 0;
  if (sequence.following == 0) return 1;
  const auto second = static_cast<unsigned char>(text[1]);
  if (second < sequence.low || second > sequence.high) return 0;
  for (std::size_t i = 2; i <= sequence.following; ++i)
    if (!is_utf8_continuation(text[i])) return 0;
  return sequence.following + 1;
}

}  // namespace

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace tenon::config
