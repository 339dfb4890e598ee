#include "base/text/secret_name.h"

#include <algorithm>
#include <array>

namespace tenon {

bool names_a_secret(std::string_view key) {
  constexpr std::array<std::string_view, 6> words = {"password", "passphrase", "secret",
                                                     "token",    "psk",        "api_key"};
  return std::ranges::any_of(words, [key](std::string_view word) {
    return key == word || (key.ends_with(word) && key[key.size() - word.size() - 1] == '_');
  });
}

}  // namespace tenon
