#include "admin/api_reference.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "admin/openapi.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

const Json& resolve(const Json& document, const Json& node) {
  if (!node.contains("$ref")) return node;
  return document.at(Json::json_pointer(node.at("$ref").get<std::string>().substr(1)));
}

std::string type_of(const Json& document, const Json& schema) {
  if (schema.contains("$ref")) {
    const Json& target = resolve(document, schema);
    if (target.contains("properties") || target.contains("enum")) {
      const auto name = schema["$ref"].get<std::string>();
      return name.substr(name.rfind('/') + 1);
    }
    return type_of(document, target);
  }
  if (!schema.contains("type")) return "any";
  const auto type = schema.at("type").get<std::string>();
  if (type == "array") return "list of " + type_of(document, schema.at("items"));
  if (type == "object" && schema.contains("additionalProperties") &&
      schema["additionalProperties"].is_object())
    return "map to " + type_of(document, schema["additionalProperties"]);
  return type;
}

void append_fields(std::string& out, const Json& document, const Json& schema, const std::string& prefix) {
  for (const auto& [name, field] : schema.at("properties").items()) {
    if (field.contains("properties")) {
      append_fields(out, document, field, prefix + name + ".");
      continue;
    }
    const std::string description = field.value("description", "");
    out += "- `" + prefix + name + "`: " + type_of(document, field);
    out += description.empty() ? "\n" : ". " + description + "\n";
  }
}

void append_schema(std::string& out, const Json& document, const std::string& name, const Json& schema) {
  if (!schema.contains("properties") && !schema.contains("enum")) return;
  out += "\n### " + name + "\n\n";
  if (schema.contains("description")) out += schema["description"].get<std::string>() + "\n\n";
  if (schema.contains("enum")) {
    std::string values;
    for (const Json& value : schema["enum"])
      values += (values.empty() ? "`" : ", `") + value.get<std::string>() + "`";
    out += values + "\n";
  } else {
    append_fields(out, document, schema, "");
  }
}

std::string access_of(const Json& operation) {
  if (!operation.contains("security")) return "owner, or " + operation.at("x-tenon-role").get<std::string>();
  if (operation["security"].empty()) return "everybody";
  return "this machine, or token";
}

std::string answers_of(const Json& operation) {
  std::string out;
  for (const auto& [code, answer] : operation.at("responses").items())
    out += (out.empty() ? "" : ", ") + code;
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

void append_operations(std::string& out, const Json& document) {
  for (const auto& [path, methods] : document.at("paths").items())
    for (const auto& [method, operation] : methods.items())
      out += "| `" + upper(method) + " " + path + "` | " + access_of(operation) + " | " +
             answers_of(operation) + " | " + operation.at("summary").get<std::string>() + " |\n";
}

}  // namespace

std::string api_reference() {
  const Json document = Json::parse(openapi_document());
  std::string out = "# HTTP API\n\n";
  out += document.at("info").at("description").get<std::string>();
  out += "\n\nThe full description is the OpenAPI document at `/api/v1/openapi.json`. Try it:\n\n";
  out += "    curl --unix-socket /var/lib/tenon/api.sock http://localhost/api/v1/status\n";
  out +=
      "    curl -H \"Authorization: Bearer $(cat /var/lib/tenon/admin.token)\" "
      "http://127.0.0.1:9883/api/v1/status\n\n";
  out += "`default` stands for any other error: ";
  out +=
      document.at("components").at("responses").at("Refused").at("description").get<std::string>() + "\n\n";
  out += "## Requests\n\n| Request | Open to | Answers | What it is |\n|---|---|---|---|\n";
  append_operations(out, document);
  out += "\n## Answers\n";
  for (const auto& [name, schema] : document.at("components").at("schemas").items())
    append_schema(out, document, name, schema);
  return out;
}

}  // namespace tenon::admin
