#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::fuzz {

// What stands between each `cut` and the next.
inline std::vector<std::string_view> pieces_of(std::string_view text, char cut) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = text.find(cut);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

// Whether a filter matches a name, level by level as section 4.7 has it: what faster code is held against.
inline bool plainly_matches(std::string_view filter, std::string_view name) {
  const auto wanted = pieces_of(filter, '/');
  const auto levels = pieces_of(name, '/');
  if (name.starts_with('$') && (wanted[0] == "+" || wanted[0] == "#")) return false;
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    if (wanted[at] == "#") return true;
    if (at == levels.size()) return false;
    if (wanted[at] != "+" && wanted[at] != levels[at]) return false;
    if (at + 1 == levels.size() && at + 2 == wanted.size() && wanted[at + 1] == "#") return true;
  }
  return wanted.size() == levels.size();
}

}  // namespace tenon::fuzz
