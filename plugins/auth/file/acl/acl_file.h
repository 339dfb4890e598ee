#pragma once

#include <cstddef>
#include <string_view>

#include "acl/rule_set.h"
#include "by_name.h"
#include "text_file.h"

namespace tenon::auth_file {

inline constexpr std::size_t acl_file_bytes_max = 64 * 1024 * 1024;

// What an ACL file says, compiled. Immutable once parsed.
struct Acl {
  RuleSet anonymous;      // "topic" lines before the first "user" line
  ByName<RuleSet> users;  // "topic" lines behind "user NAME"
  RuleSet patterns;       // "pattern" lines, for everybody

  // The rules for one user beside the patterns; empty when the file does not name the user.
  const RuleSet& of(std::string_view user) const;

  // Whether both say the same.
  bool operator==(const Acl&) const = default;
};

// Reads Mosquitto's syntax:
//   user NAME
//   topic [read|write|readwrite|deny] FILTER
//   pattern [read|write|readwrite|deny] FILTER     with the levels %u and %c
// Throws a Failure with file and line for anything that is not understood, and for a file without a rule.
Acl parse_acl_file(const TextFile& file);

}  // namespace tenon::auth_file
