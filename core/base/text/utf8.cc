#include "base/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace tenon {
namespace {

constexpr std::uint64_t every(std::uint8_t byte) {
  return 0x0101010101010101u * byte;
}

// ASCII goes eight bytes at a time: the topic of a message takes 97 instructions instead of 257, of some
// 2,000 in all (docs/internals/tricks.md). Requires memory to be read at any alignment, never beyond the
// text.

// True when a byte of `word` is 0. REQUIRES: no byte has its high bit set.
bool has_zero(std::uint64_t word) {
  return (~(word + every(0x7F)) & every(0x80)) != 0;
}

std::uint64_t load_8(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

// A word of the `count` (1..7) bytes at `p`, some of them twice, and of innocent characters.
std::uint64_t load_few(const std::uint8_t* p, std::size_t count) {
  if (count >= 4) {
    std::uint32_t first;
    std::uint32_t last;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + count - 4, 4);
    return std::uint64_t{last} << 32 | first;
  }
  const std::uint64_t bytes = std::uint64_t{p[0]} << 16 | std::uint64_t{p[count / 2]} << 8 | p[count - 1];
  return (every(' ') & ~std::uint64_t{0xFFFFFF}) | bytes;
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

// The first byte behind the multi-byte character at `p`, or null when it is not well formed. The ranges of
// the second byte are those of Unicode's table 3-7: they exclude overlong forms, surrogates and all above
// U+10FFFF.
const std::uint8_t* skip_multibyte(const std::uint8_t* p, const std::uint8_t* end) {
  const std::uint8_t lead = p[0];
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || static_cast<std::size_t>(end - p) < length) return nullptr;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (p[1] < low || p[1] > high) return nullptr;
  for (std::size_t i = 2; i < length; ++i)
    if (!is_continuation(p[i])) return nullptr;
  return p + length;
}

}  // namespace

TextScan scan_text(std::string_view text) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::uint8_t* const end = p + text.size();
  bool wildcard = false;
  while (p < end) {
    const auto left = static_cast<std::size_t>(end - p);
    // Near the end the last eight bytes are looked at once more rather than one by one.
    const std::uint64_t word = left >= 8 ? load_8(p) : text.size() >= 8 ? load_8(end - 8) : load_few(p, left);
    if ((word & every(0x80)) == 0) [[likely]] {
      if (has_zero(word)) return {};
      // '+' and '#' differ in one bit only.
      wildcard |= has_zero((word | every('+' ^ '#')) ^ every('+'));
      p += left >= 8 ? 8 : left;
      continue;
    }
    for (const std::uint8_t* stop = p + (left >= 8 ? 8 : left); p < stop;) {
      if (*p == 0) return {};
      wildcard |= *p == '+' || *p == '#';
      p = *p < 0x80 ? p + 1 : skip_multibyte(p, end);
      if (!p) return {};
    }
  }
  return {.well_formed = true, .has_wildcard = wildcard};
}

bool is_well_formed_text(std::string_view text) {
  return scan_text(text).well_formed;
}

// U+0000 is one byte and part of no other character, so that what is between is looked at by itself.
bool is_utf8(std::string_view text) {
  for (;;) {
    const std::size_t zero = text.find('\0');
    if (!is_well_formed_text(text.substr(0, zero))) return false;
    if (zero == std::string_view::npos) return true;
    text.remove_prefix(zero + 1);
  }
}

}  // namespace tenon
