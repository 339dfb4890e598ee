#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kv/descriptor.h"

namespace tenon::kv {

// Which commands a node can apply. Each set of commands has a version, which grows by one with every new
// command in it; a node that has said no version knows what there was before nodes said any.
//
// A new field at the end of a command that is there already is no new version, so it may not change what the
// state becomes: whoever does not know it leaves it unread.
class CommandVersions {
 public:
  // What entries consist of (Command::Kind), and the commands of each store.
  static constexpr std::size_t set_count = 5;
  static constexpr std::size_t entries = 0;
  static constexpr std::size_t set_of(StoreId store) { return static_cast<std::size_t>(store); }

  CommandVersions() = default;
  CommandVersions(std::uint8_t of_entries, std::uint8_t meta, std::uint8_t dist, std::uint8_t inbox,
                  std::uint8_t retain)
      : versions_{of_entries, meta, dist, inbox, retain} {}

  std::uint8_t operator[](std::size_t set) const { return versions_[set]; }
  void set(std::size_t set, std::uint8_t version) { versions_[set] = version; }

  friend bool operator==(const CommandVersions&, const CommandVersions&) = default;

 private:
  // Of the last version whose nodes said nothing.
  std::array<std::uint8_t, set_count> versions_{3, 2, 3, 17, 2};
};

// A byte for each set, in their order. Reading: sets that are not named are as in CommandVersions(), and
// what follows those that are known is left unread.
std::string encode(const CommandVersions& versions);
CommandVersions decode_command_versions(std::string_view text);

}  // namespace tenon::kv
