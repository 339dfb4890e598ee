#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace tenon::cluster::test {

inline std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(byte));
    text += two;
  }
  return text;
}

}  // namespace tenon::cluster::test
