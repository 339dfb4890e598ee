#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon::auth_jwt {

// The bytes that `text` stands for in base64url without padding (RFC 7515 section 2). Empty when a character,
// the length or an unused bit is wrong: each value has one text.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace tenon::auth_jwt
