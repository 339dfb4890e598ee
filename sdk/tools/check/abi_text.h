#pragma once

#include <tenon/abi/base.h>

#include <string>
#include <string_view>

namespace tenon::tools {

// Borrowed, as long as the text lives.
inline tenon_bytes abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

}  // namespace tenon::tools
