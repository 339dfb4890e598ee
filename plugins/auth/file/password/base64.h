#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::auth_file {

// The bytes that `text` stands for in base64 (RFC 4648 section 4), with its padding or, as in PHC strings,
// without. Empty when a character, the length, the padding or an unused bit is wrong.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

// With padding.
std::string encode_base64(std::span<const std::uint8_t> bytes);

}  // namespace tenon::auth_file
