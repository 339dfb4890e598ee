#include "config/sources/overrides.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "config/json/json_reader.h"
#include "config/json/utf8.h"
#include "config/table/path.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

constexpr std::string_view prefix = "TENON_";
constexpr std::string_view separator = "__";

void set_origin(Value& value, const Origin& origin) {
  value.origin = origin;
  for (Value& item : value.items) set_origin(item, origin);
  for (Member& member : value.members) {
    member.key_origin = origin;
    set_origin(member.value, origin);
  }
}

bool wants_text(const SchemaNode* node) {
  return node && node->is_key() && (node->row->type == Type::string || node->row->type == Type::enumeration);
}

bool is_plain(const Value& value) {
  return value.kind == Kind::integer || value.kind == Kind::number || value.kind == Kind::boolean;
}

// `text` as the value of the key at `path`. Empty, with an error, when it can be none.
std::optional<Value> read_override(const std::string& text, std::span<const std::string> path,
                                   const Origin& origin, std::vector<ConfigError>& errors) {
  const SchemaNode* node = find_node(path);
  const std::string& where = *origin.source;
  if (first_invalid_utf8(text) != text.size()) {
    errors.push_back({where, "", "the value is not UTF-8"});
    return std::nullopt;
  }
  std::vector<ConfigError> syntax_errors;
  std::optional<Value> value = read_json(text, origin.source, JsonLimits{}, syntax_errors);
  const bool structured = text.starts_with('{') || text.starts_with('[');
  if (!value && structured && !wants_text(node)) {
    errors.push_back({where, "", "the value is no JSON: " + syntax_errors.front().text});
    return std::nullopt;
  }
  if (!value || (wants_text(node) && is_plain(*value))) value = Value::make_string(text, origin);
  set_origin(*value, origin);
  return value;
}

// The tree that holds `value` at `path` and nothing else.
Value tree_of(std::span<const std::string> path, Value value) {
  const Origin origin = value.origin;
  for (auto word = path.rbegin(); word != path.rend(); ++word) {
    Value map = Value::make_map(origin);
    map.members.push_back({*word, origin, std::move(value)});
    value = std::move(map);
  }
  return value;
}

std::optional<Value> read_setting(const std::vector<std::string>& path, const std::string& text,
                                  const std::string& source, std::vector<ConfigError>& errors) {
  const Origin origin{std::make_shared<const std::string>(source)};
  std::optional<Value> value = read_override(text, path, origin, errors);
  if (!value) return std::nullopt;
  return tree_of(path, *std::move(value));
}

bool has_empty_word(const std::vector<std::string>& path) {
  return std::ranges::any_of(path, [](const std::string& word) { return word.empty(); });
}

std::vector<std::string> split_variable(std::string_view name) {
  std::string path;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool dot = name.substr(i).starts_with(separator);
    const char c = name[i];
    path.push_back(dot ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    if (dot) ++i;
  }
  return split_path(path);
}

std::string capitals(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

// The variable that `name`, which has single underscores only, was meant to be: some key of the table whose
// words, joined by one underscore, are that name. Empty when there is none.
std::string meant_variable(const SchemaNode& node, std::string_view name, const std::string& so_far) {
  if (node.is_key()) return name.empty() ? so_far : "";
  const std::string glue(so_far.empty() ? "" : separator);
  for (const auto& [word, child] : node.fixed) {
    const std::string wanted = capitals(word);
    if (!name.starts_with(wanted)) continue;
    std::string_view rest = name.substr(wanted.size());
    if (!rest.empty() && rest.front() != '_') continue;
    rest.remove_prefix(rest.empty() ? 0 : 1);
    std::string meant = meant_variable(*child, rest, so_far + glue + wanted);
    if (!meant.empty()) return meant;
  }
  if (!node.any || name.empty()) return {};
  // A chosen name: each piece up to an underscore may be all of it.
  for (std::size_t end = name.find('_'); end != std::string_view::npos; end = name.find('_', end + 1)) {
    std::string meant =
        meant_variable(*node.any, name.substr(end + 1), so_far + glue + std::string(name.substr(0, end)));
    if (!meant.empty()) return meant;
  }
  return {};
}

}  // namespace

std::optional<Value> read_set(const std::string& assignment, std::vector<ConfigError>& errors) {
  const std::size_t equals = assignment.find('=');
  const std::string path_text = assignment.substr(0, equals);
  const std::string source = "--set " + path_text;
  const std::vector<std::string> path = split_path(path_text);
  if (equals == std::string::npos || has_empty_word(path)) {
    errors.push_back({source, "", "expects path=value, as in node.workers=4"});
    return std::nullopt;
  }
  return read_setting(path, assignment.substr(equals + 1), source, errors);
}

std::optional<Value> read_variable(const std::pair<std::string, std::string>& variable,
                                   std::vector<ConfigError>& errors) {
  const auto& [name, text] = variable;
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view key = std::string_view(name).substr(prefix.size());
  if (key.find(separator) == std::string_view::npos) {
    const std::string meant = meant_variable(schema(), key, "");
    if (!meant.empty())
      errors.push_back(
          {name, "",
           "two underscores stand for each dot of a key; did you mean " + std::string(prefix) + meant + "?"});
    return std::nullopt;
  }
  const std::vector<std::string> path = split_variable(key);
  if (has_empty_word(path)) {
    errors.push_back({name, "", "is no path of a key, as TENON_NODE__WORKERS is"});
    return std::nullopt;
  }
  return read_setting(path, text, name, errors);
}

}  // namespace tenon::config
