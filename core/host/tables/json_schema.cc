#include "host/tables/json_schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace tenon::host {
namespace {

using Json = nlohmann::json;

constexpr int depth_max = 64;

constexpr std::array<std::string_view, 15> checked_words{
    "type",    "properties", "required",         "additionalProperties", "items",     "enum",      "const",
    "minimum", "maximum",    "exclusiveMinimum", "exclusiveMaximum",     "minLength", "maxLength", "minItems",
    "maxItems"};

constexpr std::array<std::string_view, 10> notes{"title",      "description", "default", "examples",
                                                 "deprecated", "$schema",     "$id",     "$comment",
                                                 "readOnly",   "writeOnly"};

std::string name_of(const std::string& path) {
  return path.empty() ? "the options" : "option \"" + path + "\"";
}

Error wrong(const std::string& path, const std::string& expected) {
  return {Errc::invalid, name_of(path) + " must be " + expected};
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer")
    return value.is_number_integer() ||
           (value.is_number_float() && value.get<double>() == std::floor(value.get<double>()));
  return false;
}

std::string describe(const Json& type) {
  if (type.is_string()) {
    const std::string word = type.get<std::string>();
    if (word == "string") return "a text";
    if (word == "integer") return "a whole number";
    if (word == "number") return "a number";
    if (word == "boolean") return "true or false";
    if (word == "array") return "a list";
    if (word == "object") return "an object";
    return word;
  }
  if (!type.is_array()) return type.dump();
  std::string all;
  for (const Json& one : type) all += (all.empty() ? "" : " or ") + describe(one);
  return all;
}

std::size_t code_points(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Checker {
 public:
  Status check(const Json& schema, const Json& value, const std::string& path, int depth) {
    if (schema.is_boolean())
      return schema.get<bool>() ? Status{} : Status{Error{Errc::invalid, name_of(path) + " is not allowed"}};
    if (!schema.is_object() || depth > depth_max)
      return Error{Errc::invalid, "the plugin's schema is wrong at " + name_of(path)};
    for (const auto step :
         {&Checker::check_type, &Checker::check_choice, &Checker::check_number, &Checker::check_size})
      if (Status s = (this->*step)(schema, value, path); !s) return s;
    if (value.is_object()) return check_members(schema, value, path, depth);
    if (value.is_array() && schema.contains("items")) return check_items(schema["items"], value, path, depth);
    return {};
  }

 private:
  Status check_type(const Json& schema, const Json& value, const std::string& path) {
    const auto type = schema.find("type");
    if (type == schema.end()) return {};
    const bool fits = type->is_array()
                          ? std::any_of(type->begin(), type->end(),
                                        [&](const Json& one) {
                                          return one.is_string() && has_type(value, one.get<std::string>());
                                        })
                          : type->is_string() && has_type(value, type->get<std::string>());
    return fits ? Status{} : Status{wrong(path, describe(*type))};
  }

  Status check_choice(const Json& schema, const Json& value, const std::string& path) {
    if (const auto one = schema.find("const"); one != schema.end() && *one != value)
      return wrong(path, one->dump());
    const auto choices = schema.find("enum");
    if (choices == schema.end() || !choices->is_array()) return {};
    std::string all;
    for (const Json& choice : *choices) {
      if (choice == value) return {};
      all += (all.empty() ? "" : ", ") + choice.dump();
    }
    return wrong(path, "one of " + all);
  }

  Status check_number(const Json& schema, const Json& value, const std::string& path) {
    if (!value.is_number()) return {};
    const auto limit = [&](const char* word) -> const Json* {
      const auto at = schema.find(word);
      return at != schema.end() && at->is_number() ? &*at : nullptr;
    };
    if (const Json* low = limit("minimum"); low && value < *low)
      return wrong(path, "at least " + low->dump());
    if (const Json* high = limit("maximum"); high && value > *high)
      return wrong(path, "at most " + high->dump());
    if (const Json* low = limit("exclusiveMinimum"); low && value <= *low)
      return wrong(path, "more than " + low->dump());
    if (const Json* high = limit("exclusiveMaximum"); high && value >= *high)
      return wrong(path, "less than " + high->dump());
    return {};
  }

  Status check_size(const Json& schema, const Json& value, const std::string& path) {
    const bool is_text = value.is_string();
    if (!is_text && !value.is_array()) return {};
    const std::size_t size = is_text ? code_points(value.get_ref<const Json::string_t&>()) : value.size();
    const std::string unit = is_text ? " characters" : " elements";
    const auto low = schema.find(is_text ? "minLength" : "minItems");
    if (low != schema.end() && low->is_number_unsigned() && size < low->get<std::uint64_t>())
      return wrong(path, "at least " + low->dump() + unit + " long");
    const auto high = schema.find(is_text ? "maxLength" : "maxItems");
    if (high != schema.end() && high->is_number_unsigned() && size > high->get<std::uint64_t>())
      return wrong(path, "at most " + high->dump() + unit + " long");
    return {};
  }

  Status check_members(const Json& schema, const Json& value, const std::string& path, int depth) {
    if (const auto required = schema.find("required"); required != schema.end() && required->is_array())
      for (const Json& name : *required)
        if (name.is_string() && !value.contains(name.get<std::string>()))
          return Error{Errc::invalid, name_of(below(path, name.get<std::string>())) + " is missing"};
    const auto properties = schema.find("properties");
    const auto others = schema.find("additionalProperties");
    for (const auto& [name, member] : value.items()) {
      const Json* rule = nullptr;
      if (properties != schema.end() && properties->is_object() && properties->contains(name))
        rule = &(*properties)[name];
      else if (others != schema.end())
        rule = &*others;
      if (rule && rule->is_boolean() && !rule->get<bool>())
        return Error{Errc::invalid, name_of(below(path, name)) + " is not known to the plugin"};
      if (!rule) continue;
      if (Status s = check(*rule, member, below(path, name), depth + 1); !s) return s;
    }
    return {};
  }

  Status check_items(const Json& rule, const Json& value, const std::string& path, int depth) {
    for (std::size_t i = 0; i < value.size(); ++i)
      if (Status s = check(rule, value[i], below(path, std::to_string(i)), depth + 1); !s) return s;
    return {};
  }

  static std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }
};

// Collects words of every schema inside `schema`.
void collect_ignored(const Json& schema, int depth, std::set<std::string>& found) {
  if (!schema.is_object() || depth > depth_max) return;
  const auto is_in = [](const auto& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  for (const auto& [word, value] : schema.items()) {
    if (word == "properties" && value.is_object()) {
      for (const auto& [name, rule] : value.items()) collect_ignored(rule, depth + 1, found);
    } else if (word == "items" || word == "additionalProperties") {
      collect_ignored(value, depth + 1, found);
    } else if (!is_in(checked_words, word) && !is_in(notes, word)) {
      found.insert(word);
    }
  }
}

}  // namespace

Status check_schema(const std::string& schema_json, const std::string& options_json) {
  const Json schema = Json::parse(schema_json, nullptr, false);
  if (!schema.is_object()) return Error{Errc::invalid, "the plugin's schema is not a JSON object"};
  const Json options = Json::parse(options_json, nullptr, false);
  return Checker().check(schema, options, "", 0);
}

std::vector<std::string> ignored_schema_words(const std::string& schema_json) {
  std::set<std::string> found;
  collect_ignored(Json::parse(schema_json, nullptr, false), 0, found);
  return {found.begin(), found.end()};
}

}  // namespace tenon::host
