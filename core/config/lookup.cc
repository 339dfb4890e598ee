#include "config/lookup.h"

#include "config/table/path.h"

namespace tenon::config {

const Value* find_value(const Value& tree, std::span<const std::string> path) {
  const Value* value = &tree;
  for (const std::string& word : path) {
    value = value->find(word);
    if (!value) return nullptr;
  }
  return value;
}

const Value* find_value(const Value& tree, std::string_view path) {
  return find_value(tree, split_path(path));
}

const Value* effective_value(const Value& tree, std::span<const std::string> path, const SchemaNode& node) {
  if (const Value* value = find_value(tree, path)) return value;
  return node.default_value ? &*node.default_value : nullptr;
}

}  // namespace tenon::config
