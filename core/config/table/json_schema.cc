#include "config/table/json_schema.h"

#include <limits>
#include <string_view>

#include "config/json/json_writer.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

std::string choices_of(const Descriptor& row) {
  std::string out;
  for (const std::string_view choice : row.choices) out += (out.empty() ? "" : ",") + json_quoted(choice);
  return out;
}

std::string integer_schema(const Descriptor& row) {
  std::string out = "\"type\":\"integer\",\"minimum\":" + std::to_string(row.min);
  if (row.max != std::numeric_limits<std::int64_t>::max()) out += ",\"maximum\":" + std::to_string(row.max);
  return out;
}

std::string string_schema(const Descriptor& row) {
  return row.choices.empty() ? "\"type\":\"string\"" : "\"enum\":[" + choices_of(row) + "]";
}

// The constraint on the value of a key, without the braces around it.
std::string type_schema(const Descriptor& row) {
  switch (row.type) {
    case Type::boolean:
      return "\"type\":\"boolean\"";
    case Type::integer:
    case Type::duration:
    case Type::bytes:
      return integer_schema(row);
    case Type::string:
    case Type::enumeration:
      return string_schema(row);
    case Type::string_list:
      return "\"type\":\"array\",\"items\":{" + string_schema(row) + "}";
    case Type::integer_list:
      return "\"type\":\"array\",\"items\":{" + integer_schema(row) + "}";
    case Type::map:
    case Type::json:
      break;
  }
  return "\"type\":\"object\"";
}

std::string description_of(const Descriptor& row) {
  return ",\"description\":" + json_quoted(row.doc);
}

std::string node_schema(const SchemaNode& node);

std::string map_schema(const SchemaNode& node) {
  std::string properties;
  for (const auto& [name, child] : node.fixed)
    properties += (properties.empty() ? "" : ",") + json_quoted(name) + ":" + node_schema(*child);
  const std::string head = "\"type\":[\"object\",\"null\"],\"properties\":{" + properties + "},";
  if (!node.any) return head + "\"additionalProperties\":false";
  return head + "\"propertyNames\":{\"pattern\":" + json_quoted(name_pattern) +
         "},\"additionalProperties\":" + node_schema(*node.any);
}

// A key may also be null, which unsets it.
std::string node_schema(const SchemaNode& node) {
  if (node.is_key())
    return "{\"anyOf\":[{" + type_schema(*node.row) + "},{\"type\":\"null\"}]" + description_of(*node.row) +
           "}";
  return "{" + map_schema(node) + (node.row ? description_of(*node.row) : "") + "}";
}

}  // namespace

std::string json_schema() {
  return "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"tenon configuration\"," +
         map_schema(schema()) + "}\n";
}

}  // namespace tenon::config
