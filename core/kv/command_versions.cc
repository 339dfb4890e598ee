#include "kv/command_versions.h"

#include <algorithm>

namespace tenon::kv {

std::string encode(const CommandVersions& versions) {
  std::string text;
  for (std::size_t set = 0; set < CommandVersions::set_count; ++set)
    text.push_back(static_cast<char>(versions[set]));
  return text;
}

CommandVersions decode_command_versions(std::string_view text) {
  CommandVersions versions;
  const std::size_t named = std::min(text.size(), CommandVersions::set_count);
  for (std::size_t set = 0; set < named; ++set) versions.set(set, static_cast<std::uint8_t>(text[set]));
  return versions;
}

}  // namespace tenon::kv
