#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::config {

// The place of a value: a file with line and column, or another source that has neither.
struct Origin {
  std::shared_ptr<const std::string> source;  // shared by all values of one source; null for defaults
  std::uint32_t line = 0;                     // from 1; 0 where the source has no lines
  std::uint32_t column = 0;                   // from 1, in characters

  std::string file_line() const;         // "FILE:4", "--set node.workers", "default"
  std::string file_line_column() const;  // "FILE:4:7"
};

enum class Kind : std::uint8_t { null, boolean, integer, number, string, list, map };

struct Member;

// A JSON value that remembers where it stood. Plain data; `kind` says which members count.
//
// An integer that fits 64 bits has Kind::integer; every other number keeps its text, so that it leaves as it
// came.
struct Value {
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text;  // of a string, decoded; of a number, as written
  std::vector<Value> items;
  std::vector<Member> members;  // no key twice; in the order of the source
  Origin origin;

  bool is_map() const { return kind == Kind::map; }

  // The value of a map's key; null when there is none, or when this is no map.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  static Value make_map(Origin origin);
  static Value make_string(std::string text, Origin origin);
};

struct Member {
  std::string key;
  Origin key_origin;
  Value value;
};

// Equal content; origins and the order of a map's members do not count.
bool same_content(const Value& a, const Value& b);

}  // namespace tenon::config
