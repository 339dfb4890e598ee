#include "config/checks/check_value.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "config/json/json_writer.h"
#include "config/json/utf8.h"
#include "config/table/nearest.h"
#include "config/table/rules.h"

namespace tenon::config {
namespace {

constexpr std::size_t shown_bytes_max = 60;
constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

std::string cut(std::string text) {
  if (text.size() <= shown_bytes_max) return text;
  std::size_t end = shown_bytes_max;
  while (end > 0 && is_utf8_continuation(text[end])) --end;
  return text.substr(0, end) + "...";
}

std::string joined(std::span<const std::string_view> choices) {
  std::string out;
  for (const std::string_view choice : choices) {
    if (choice != choices.front()) out += ", ";
    out += json_quoted(choice);
  }
  return out;
}

std::string range(const Descriptor& row) {
  if (row.max == unbounded) return " of at least " + std::to_string(row.min);
  return " from " + std::to_string(row.min) + " to " + std::to_string(row.max);
}

std::string unit_of(const Descriptor& row) {
  if (row.type == Type::bytes) return " bytes";
  if (row.path.find("_ms") != std::string_view::npos) return " milliseconds";
  return " seconds";
}

std::string expected_type(const Descriptor& row) {
  switch (row.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer" + range(row);
    case Type::duration:
    case Type::bytes:
      return "an integer" + range(row) + unit_of(row);
    case Type::string:
      return "a string";
    case Type::enumeration:
      return "one of " + joined(row.choices);
    case Type::string_list:
      return row.choices.empty() ? "a list of strings" : "a list of " + joined(row.choices);
    case Type::integer_list:
      return "a list of integers" + range(row);
    case Type::map:
    case Type::json:
      break;
  }
  return "a map, { ... }";
}

// True for rules whose words stand for the value themselves, as opposed to saying more about it.
bool names_a_thing(Rule rule) {
  switch (rule) {
    case Rule::bind:
    case Rule::host:
    case Rule::host_or_none:
    case Rule::endpoint:
    case Rule::module_file:
      return true;
    default:
      return false;
  }
}

bool has_control_character(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_string(const Value& value) {
  return value.kind == Kind::string && !has_control_character(value.text);
}

bool is_choice(const Value& value, const Descriptor& row) {
  return row.choices.empty() || std::ranges::find(row.choices, value.text) != row.choices.end();
}

bool in_range(const Value& value, const Descriptor& row) {
  return value.kind == Kind::integer && value.integer >= row.min && value.integer <= row.max;
}

// The first member of a list that is not what `row` asks of each; null when all are.
const Value* first_bad_item(const Value& list, const Descriptor& row) {
  for (const Value& item : list.items) {
    const bool good =
        row.type == Type::integer_list ? in_range(item, row) : is_string(item) && is_choice(item, row);
    if (!good) return &item;
  }
  return nullptr;
}

// The value, or the member of the list, that has not the type of `row`; null when the type is right.
const Value* type_fault(const Value& value, const Descriptor& row) {
  bool good = false;
  switch (row.type) {
    case Type::boolean:
      good = value.kind == Kind::boolean;
      break;
    case Type::integer:
    case Type::duration:
    case Type::bytes:
      good = in_range(value, row);
      break;
    case Type::string:
    case Type::enumeration:
      good = is_string(value) && is_choice(value, row);
      break;
    case Type::string_list:
    case Type::integer_list:
      if (value.kind == Kind::list) return first_bad_item(value, row);
      break;
    case Type::map:
    case Type::json:
      good = value.is_map();
      break;
  }
  return good ? nullptr : &value;
}

std::string advice(const Value& value, const Descriptor& row) {
  if (value.kind != Kind::string) return {};
  if (has_control_character(value.text)) return "; control characters are not allowed";
  const std::vector<std::string> choices(row.choices.begin(), row.choices.end());
  const auto near = nearest(value.text, choices);
  return near ? "; did you mean " + json_quoted(*near) + "?" : "";
}

}  // namespace

std::string expected(const Descriptor& row) {
  const std::string rule(words_of(row.rule));
  if (rule.empty()) return expected_type(row);
  if (row.type == Type::string && names_a_thing(row.rule)) return rule;
  const bool of_each = row.type == Type::string_list && row.rule != Rule::non_empty;
  return expected_type(row) + (of_each ? ", each " : ", ") + rule;
}

std::string found(const Value& value, Secret secret) {
  const bool hidden = secret == Secret::yes;
  switch (value.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean ? "true" : "false";
    case Kind::integer:
    case Kind::number:
      return hidden ? "a number" : "the number " + cut(value.text);
    case Kind::string:
      return hidden ? "another string" : "the string " + cut(json_quoted(value.text));
    case Kind::list:
      return value.items.empty() ? "an empty list" : "a list";
    case Kind::map:
      break;
  }
  return "a map";
}

std::string fault_of(const Value& value, const Descriptor& row) {
  const Value* bad = type_fault(value, row);
  if (!bad) bad = rule_fault(value, row.rule);
  if (!bad) return {};
  const std::string where = bad == &value ? "" : " in it";
  return "expects " + expected(row) + ", found " + found(*bad, row.secret) + where + advice(*bad, row);
}

}  // namespace tenon::config
