#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::config {

// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong form, no surrogate,
// nothing above U+10FFFF); text.size() when all of it is well-formed.
std::size_t first_invalid_utf8(std::string_view text);

// Appends `code_point` to `out`. REQUIRES: no surrogate, at most U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

// True for the second and later bytes of a character.
inline bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace tenon::config
