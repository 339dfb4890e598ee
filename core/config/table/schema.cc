#include "config/table/schema.h"

#include <utility>

#include "base/assert.h"
#include "config/json/json_reader.h"
#include "config/table/path.h"

namespace tenon::config {
namespace {

Value read_default(const Descriptor& row) {
  std::vector<ConfigError> errors;
  std::optional<Value> value = read_json(row.default_json, nullptr, JsonLimits{}, errors);
  TENON_BUG(value.has_value(), "a default of the descriptor table is no JSON");
  // A default has no place.
  value->origin = {};
  for (Value& item : value->items) item.origin = {};
  return *std::move(value);
}

SchemaNode& make_child(SchemaNode& parent, const std::string& word) {
  std::unique_ptr<SchemaNode>& child = word == "*" ? parent.any : parent.fixed[word];
  if (!child) child = std::make_unique<SchemaNode>();
  return *child;
}

void add_row(SchemaNode& root, const Descriptor& row) {
  for (const std::string& pattern : expand_pattern(row.path)) {
    SchemaNode* node = &root;
    for (const std::string& word : split_path(pattern)) node = &make_child(*node, word);
    TENON_BUG(!node->row, "a key stands twice in the descriptor table");
    node->row = &row;
    if (!row.default_json.empty()) node->default_value = read_default(row);
  }
}

SchemaNode build_schema() {
  SchemaNode root;
  for (const Topic& topic : topics())
    for (const Descriptor& row : topic.rows) add_row(root, row);
  return root;
}

}  // namespace

const SchemaNode* SchemaNode::child(std::string_view name) const {
  const auto it = fixed.find(name);
  return it != fixed.end() ? it->second.get() : any.get();
}

std::vector<std::string> SchemaNode::allowed() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : fixed) names.push_back(name);
  if (any) names.emplace_back("<name>");
  return names;
}

const SchemaNode& schema() {
  static const SchemaNode root = build_schema();
  return root;
}

const SchemaNode* find_node(std::span<const std::string> path) {
  const SchemaNode* node = &schema();
  for (const std::string& word : path) {
    if (node->is_key()) return node->row->type == Type::json ? node : nullptr;
    node = node->child(word);
    if (!node) return nullptr;
  }
  return node;
}

const SchemaNode* find_node(std::string_view path) {
  return find_node(split_path(path));
}

std::vector<std::string> expand_pattern(std::string_view pattern) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return {std::string(pattern)};
  const std::size_t close = pattern.find('}', open);
  TENON_BUG(close != std::string_view::npos, "a brace of the descriptor table is not closed");
  std::vector<std::string> expanded;
  std::string_view words = pattern.substr(open + 1, close - open - 1);
  for (;;) {
    const std::size_t comma = words.find(',');
    const std::string word(words.substr(0, comma));
    for (const std::string& tail : expand_pattern(pattern.substr(close + 1)))
      expanded.push_back(std::string(pattern.substr(0, open)) + word + tail);
    if (comma == std::string_view::npos) return expanded;
    words.remove_prefix(comma + 1);
  }
}

}  // namespace tenon::config
