#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

// RFC 4648 section 4, with padding. Pure, as are the others.
std::string encode_base64(std::span<const std::uint8_t> bytes);

// The bytes that `text` stands for in base64 (RFC 4648 section 4), with its padding or, as in PHC strings,
// without. Empty when a character, the length, the padding or an unused bit is wrong.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

// The bytes that `text` stands for in base64url without padding (RFC 7515 section 2). Empty when a character,
// the length or an unused bit is wrong: each value has one text.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace tenon
