#include "config/config.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "config/json/json_writer.h"
#include "config/json/value.h"
#include "config/lookup.h"
#include "config/table/path.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

// The value at `path`, or its default, of a kind that the table promises for the key.
const Value& value_of(const Value& tree, std::string_view path, Kind kind) {
  const std::vector<std::string> words = split_path(path);
  const SchemaNode* node = find_node(words);
  TENON_BUG(node && node->is_key(), "a getter of Config was asked for a key that is not in the table");
  const Value* value = effective_value(tree, words, *node);
  TENON_BUG(value, "a getter of Config was asked for a key without value and default");
  TENON_BUG(value->kind == kind, "a getter of Config was asked for a key of another type");
  return *value;
}

}  // namespace

Config::Config(std::shared_ptr<const Value> tree, std::vector<std::string> sources)
    : tree_(std::move(tree)), sources_(std::move(sources)) {}

bool Config::get_bool(std::string_view path) const {
  return value_of(*tree_, path, Kind::boolean).boolean;
}

std::int64_t Config::get_int(std::string_view path) const {
  return value_of(*tree_, path, Kind::integer).integer;
}

std::string_view Config::get_string(std::string_view path) const {
  return value_of(*tree_, path, Kind::string).text;
}

std::vector<std::string> Config::get_strings(std::string_view path) const {
  std::vector<std::string> texts;
  for (const Value& item : value_of(*tree_, path, Kind::list).items) texts.push_back(item.text);
  return texts;
}

std::vector<std::int64_t> Config::get_ints(std::string_view path) const {
  std::vector<std::int64_t> integers;
  for (const Value& item : value_of(*tree_, path, Kind::list).items) integers.push_back(item.integer);
  return integers;
}

bool Config::has(std::string_view path) const {
  const std::vector<std::string> words = split_path(path);
  const SchemaNode* node = find_node(words);
  TENON_BUG(node, "Config::has was asked for a key that is not in the table");
  const bool inside_options = node->is_key() && node->row->type == Type::json;
  return inside_options ? find_value(*tree_, words) != nullptr
                        : effective_value(*tree_, words, *node) != nullptr;
}

std::vector<std::string> Config::names(std::string_view map_path) const {
  const SchemaNode* node = find_node(map_path);
  TENON_BUG(node && node->any, "Config::names was asked for a map without chosen names");
  std::vector<std::string> names;
  const Value* map = find_value(*tree_, map_path);
  if (!map) return names;
  for (const Member& member : map->members)
    if (!node->fixed.contains(member.key)) names.push_back(member.key);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> Config::names_in_order(std::string_view map_path) const {
  const auto path_of = [&](const std::string& name, std::string_view key) {
    return join_path(join_path(map_path, name), key);
  };
  const SchemaNode* node = find_node(map_path);
  TENON_BUG(node && node->any && node->any->fixed.contains("order"),
            "Config::names_in_order was asked for a map whose entries have no order");
  std::vector<std::string> enabled = names(map_path);
  std::erase_if(enabled, [&](const std::string& name) { return !get_bool(path_of(name, "enable")); });
  std::ranges::stable_sort(enabled, {},
                           [&](const std::string& name) { return get_int(path_of(name, "order")); });
  return enabled;
}

std::string Config::json(std::string_view path) const {
  const std::vector<std::string> words = split_path(path);
  const SchemaNode* node = find_node(words);
  TENON_BUG(node, "Config::json was asked for a key that is not in the table");
  const Value* value = effective_value(*tree_, words, *node);
  return value ? to_json(*value) : "{}";
}

std::string Config::origin(std::string_view path) const {
  const Value* value = find_value(*tree_, path);
  return value ? value->origin.file_line() : Origin{}.file_line();
}

}  // namespace tenon::config
