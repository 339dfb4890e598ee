#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tenon::auth_file {

// Hashes texts without making a std::string of them.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Values by user name.
template <class Value>
using ByName = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace tenon::auth_file
