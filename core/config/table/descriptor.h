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
  map,   // an entry with a name chosen by the operator; its keys have rows of their own
  json,  // an object handed on as it is: the options of a plugin
};

// What a value of the right type must also be. docs/reference/config.md prints the words of rules.h for each.
enum class Rule : std::uint8_t {
  none,
  non_empty,      // a string or a list with something in it
  bind,           // an address or a host name, or unix:/absolute/path
  host,           // an address or a host name
  host_or_none,   // the same, or empty
  endpoint,       // "host", "host:port" or "[v6]:port"; a string may be empty
  absolute_path,  // a string, or each member of a list
  module_file,    // an absolute path, or a file name without /
  odd,            // an integer
  network,        // each member of a list: an address, one with /BITS, or "unix"
  tenant,         // a string: one level of a topic
  name,           // a string, or each member of a list: as what an operator calls a listener
  topic_start,    // a string: what topic names may begin with, or empty
  seen_user,      // each member of a list: a user id that stands for one user
};

// What a changed value needs to take effect.
enum class Reload : std::uint8_t { live, restart };

enum class Secret : std::uint8_t { no, yes };

// Whether the broker acts on the key today, or reads and checks it only.
enum class Use : std::uint8_t { used, stored };

enum class Required : std::uint8_t { no, yes };

// One row of the table that says everything about one key. The table is the only place where keys are
// defined: the check of sources, the hints, the JSON Schema, --print-config and docs/reference/config.md come
// from it.
struct Descriptor {
  // Dotted; a segment is a word, `*` for a name chosen by the operator, or `{a,b}` for each of several words.
  std::string_view path;
  Type type = Type::string;
  // JSON; empty: no default.
  std::string_view default_json = {};
  // What the reference page says in place of the default, where that depends on the build or on another key.
  std::string_view default_note = {};
  // Bounds of integers, durations and sizes, and of the members of integer lists.
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  // What an enumeration, or each member of a list of strings, may be; empty: anything.
  std::span<const std::string_view> choices = {};
  Rule rule = Rule::none;
  Reload reload = Reload::restart;
  Secret secret = Secret::no;
  Use use = Use::used;
  // Each entry of the map must have the key.
  Required required = Required::no;
  // One or two sentences, in Markdown, the first without the key's name.
  std::string_view doc = {};
};

// A heading of the reference page and the rows below it.
struct Topic {
  std::string_view title;  // the key that its rows start with
  std::string_view doc;
  std::span<const Descriptor> rows;
};

// The whole table, in the order of the reference page. Static; any thread.
std::span<const Topic> topics();

}  // namespace tenon::config
