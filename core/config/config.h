#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::config {

struct Value;

// The configuration of one start or one reload: every key checked against the descriptor table, every value
// with the place that it came from.
//
// Immutable, so any thread may read it without a lock. A copy is one reference to the same content, and what
// the getters return as a view lives as long as any copy.
//
// A *path* is the dotted name of a key, `listeners.default.port`. Each getter REQUIRES a path that the
// descriptor table knows with the type that is asked for: anything else is a fault of the caller (TENON_BUG),
// never of the operator. Where no source sets the key, the getter answers with the default of the table; a
// key that has neither is a fault too, so ask `has` first where the table gives no default.
//
// The rest of the broker reads `Settings` (settings.h) instead; these getters are for what stands there not.
class Config {
 public:
  // Takes the merged and checked tree; load() is the way to make one. `sources` are the files that were read,
  // in order.
  Config(std::shared_ptr<const Value> tree, std::vector<std::string> sources);

  bool get_bool(std::string_view path) const;
  // Integers, durations (in the unit that the key's suffix names) and sizes in bytes.
  std::int64_t get_int(std::string_view path) const;
  // Strings and enumerations.
  std::string_view get_string(std::string_view path) const;
  std::vector<std::string> get_strings(std::string_view path) const;
  std::vector<std::int64_t> get_ints(std::string_view path) const;

  // True when a source sets `path` or the table has a default for it. Also for maps and entries of maps.
  bool has(std::string_view path) const;

  // The names under a map that the operator fills (`listeners`, `plugins`), without the fixed keys beside
  // them; in byte order. Empty when there are none.
  std::vector<std::string> names(std::string_view map_path) const;
  // As names(), but only the entries whose `enable` is true, by their `order`, then by name.
  std::vector<std::string> names_in_order(std::string_view map_path) const;

  // The value at `path` as compact JSON, without comments; what a plugin gets as its options. Secrets are not
  // masked. "{}" for an absent map or free-form key.
  std::string json(std::string_view path) const;

  // Where the value at `path` comes from: "/etc/tenon/conf.d/30-listeners.json:4", "TENON_NODE__WORKERS",
  // "--set node.workers" or "default".
  std::string origin(std::string_view path) const;

  // The files that were read, in the order in which they were merged.
  std::vector<std::string> sources() const { return sources_; }

  // The merged content without defaults, for print.h and diff.h.
  const Value& tree() const { return *tree_; }

 private:
  std::shared_ptr<const Value> tree_;
  std::vector<std::string> sources_;
};

}  // namespace tenon::config
