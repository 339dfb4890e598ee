#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/json/value.h"
#include "config/table/descriptor.h"

namespace tenon::config {

// One point of the tree of all keys, as the table describes it.
struct SchemaNode {
  // Keys with a fixed name.
  std::map<std::string, std::unique_ptr<SchemaNode>, std::less<>> fixed;
  // What stands below each name that the operator chooses; null where no names are chosen.
  std::unique_ptr<SchemaNode> any;
  // The row of this key; null for a map that has none of its own.
  const Descriptor* row = nullptr;
  // The default of `row`, read; empty where it has none.
  std::optional<Value> default_value;

  // True for a key that has a value of its own, as opposed to a map of further keys.
  bool is_key() const { return row && row->type != Type::map; }

  // The node of the key `name` below this one; null when there is none. A fixed name wins over a chosen one.
  const SchemaNode* child(std::string_view name) const;

  // The names that a message lists as allowed here, sorted, with "<name>" for those that the operator
  // chooses.
  std::vector<std::string> allowed() const;
};

// The root of the tree, built from topics() at the first call. Any thread.
const SchemaNode& schema();

// The node of a concrete path ("listeners.default.port"); null when the table does not know it. A path inside
// free-form options leads to the node of the options.
const SchemaNode* find_node(std::span<const std::string> path);
const SchemaNode* find_node(std::string_view path);

// The patterns that a row stands for: `stores.{inbox,meta}.log` gives two, `*` stays.
std::vector<std::string> expand_pattern(std::string_view pattern);

}  // namespace tenon::config
