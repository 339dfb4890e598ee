#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace tenon::config {

enum class Type : std::uint8_t {
  boolean,
  integer,
  duration,  // an integer in the unit that the suffix of the key names: _ms, _s
  bytes,     // an integer
  string,
  enumeration,  // a string, one of `choices`
  string_list,  // of `choices` where there are any
  integer_list,
  map,   // names chosen by the operator; its keys have rows of their own
  json,  // an object handed on as it is, the options of a plugin
};

// What a changed value needs to take effect.
enum class Reload : std::uint8_t { live, restart };

enum class Secret : std::uint8_t { no, yes };

// Whether the broker acts on the key today.
enum class Use : std::uint8_t { used, stored };

// One row of the table that says everything about one key. The table is the only place where keys are
// defined: the check of files, the hints, the JSON Schema, --print-config and docs/reference/config.md all
// come from it.
struct Descriptor {
  // Dotted; a segment is a word, `*` for a name chosen by the operator, or `{a,b}` for one of several words.
  std::string_view path;
  Type type = Type::string;
  std::string_view default_json = {};  // JSON; empty: no default
  // What the reference page says in place of the default, where that depends on the build or on another key.
  std::string_view default_note = {};
  std::int64_t min = 0;  // of integers, durations, sizes and the members of integer lists
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {};
  std::string_view unit = {};  // "s", "ms", "bytes", ...: for the reference page
  Reload reload = Reload::restart;
  Secret secret = Secret::no;
  Use use = Use::used;
  bool required = false;      // each entry of the map must have it
  std::string_view doc = {};  // one or two sentences
};

// A heading of the table: the keys that start with `path`.
struct Topic {
  std::string_view path;
  std::string_view doc;
  std::span<const Descriptor> keys;
};

// The whole table, in the order of the reference page. Static; any thread.
std::span<const Topic> topics();

}  // namespace tenon::config
