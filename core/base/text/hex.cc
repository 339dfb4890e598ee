#include "base/text/hex.h"

#include <string_view>

namespace tenon {

std::string hex_text(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, number >>= 4) *at = digits[number & 15];
  return text;
}

}  // namespace tenon
