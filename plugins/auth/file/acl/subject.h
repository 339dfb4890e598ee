#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::auth_file {

// A client's name in the place of %u or %c.
struct OwnName {
  enum class Use : std::uint8_t {
    absent,    // the client has none
    usable,    // it can be one level of a topic
    unusable,  // empty, with '+', '#' or '/' in it, or with '$' first: it would be more than a level, or
               // another rule
  };

  OwnName() = default;
  explicit OwnName(std::string_view given);

  bool is_level(std::string_view level) const { return use == Use::usable && text == level; }

  std::string_view text;
  Use use = Use::absent;
};

// The client that a question is about. Views; the texts stay with the caller.
struct Subject {
  OwnName user;
  OwnName client;
};

inline OwnName::OwnName(std::string_view given) : text(given) {
  const bool is_level =
      !given.empty() && given[0] != '$' && given.find_first_of("+#/") == std::string_view::npos;
  use = is_level ? Use::usable : Use::unusable;
}

}  // namespace tenon::auth_file
