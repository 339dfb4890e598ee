#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon::admin {

// RFC 4648 section 4, with padding. Pure.
std::string base64_of(std::string_view bytes);
// Empty: it is not base64 to the letter.
std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace tenon::admin
