#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon::admin {

// Keys of stores hold any bytes. As text, letters, digits and "-._~/$" stand for themselves, and every other
// byte is %XX, with capitals: "%00%7F%1Aclient".
std::string key_text(std::string_view key);
// Reads that; small letters in %xx are understood. Empty: it is no such text.
std::optional<std::string> key_of_text(std::string_view text);

}  // namespace tenon::admin
