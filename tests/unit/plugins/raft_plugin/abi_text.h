#pragma once

#include <tenon/abi/base.h>

#include <string>

namespace tenon::test {

inline std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

inline tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace tenon::test
