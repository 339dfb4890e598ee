// Holds the routes and their answers to openapi.json.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "admin/api.h"
#include "admin/api_reference.h"
#include "admin/openapi.h"
#include "admin/problem.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

using Json = nlohmann::json;

const Json& document() {
  static const Json parsed = Json::parse(openapi_document());
  return parsed;
}

const Json& resolved(const Json& node) {
  if (!node.contains("$ref")) return node;
  return resolved(document().at(Json::json_pointer(node.at("$ref").get<std::string>().substr(1))));
}

// The part of JSON Schema that the document uses. Returns what is wrong, empty when nothing is.
std::string fault_of(const Json& value, const Json& schema_or_ref, const std::string& at);

std::string object_fault_of(const Json& value, const Json& schema, const std::string& at) {
  for (const Json& name : schema.value("required", Json::array()))
    if (!value.contains(name.get<std::string>())) return at + " lacks " + name.get<std::string>();
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, member] : value.items()) {
    const std::string place = at + "." + name;
    std::string wrong;
    if (properties.contains(name))
      wrong = fault_of(member, properties[name], place);
    else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
      wrong = fault_of(member, schema["additionalProperties"], place);
    else if (schema.value("additionalProperties", Json(true)) == Json(false))
      wrong = place + " is not described";
    if (!wrong.empty()) return wrong;
  }
  return {};
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return false;
}

std::string fault_of(const Json& value, const Json& schema_or_ref, const std::string& at) {
  const Json& schema = resolved(schema_or_ref);
  if (!schema.contains("type")) return {};
  if (!has_type(value, schema.at("type").get<std::string>()))
    return at + " is no " + schema["type"].get<std::string>();
  if (schema.contains("const") && value != schema["const"]) return at + " is not the constant";
  if (schema.contains("minimum") && value < schema["minimum"]) return at + " is too small";
  if (schema.contains("enum")) {
    const auto& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      return at + " is none of the values";
  }
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto wrong = fault_of(value[i], schema.at("items"), at + "[" + std::to_string(i) + "]");
          !wrong.empty())
        return wrong;
  return value.is_object() ? object_fault_of(value, schema, at) : std::string();
}

// Holds one answer to what the document says of its path and status.
std::string fault_of_answer(const std::string& path, const HttpResponse& response,
                            const std::string& method = "get") {
  const Json& answers = document().at("paths").at(path).at(method).at("responses");
  const std::string code = std::to_string(response.status);
  // What is not about this path alone.
  static const std::set<std::string> general = {"400", "413", "414", "417", "429",
                                                "431", "500", "501", "505"};
  if (!answers.contains(code) && !general.contains(code)) return path + " does not describe " + code;
  const Json& answer = resolved(answers.contains(code) ? answers[code] : answers.at("default"));
  for (const auto& [type, content] : answer.at("content").items()) {
    if (!response.content_type.starts_with(type)) continue;
    const Json& schema = resolved(content.at("schema"));
    const bool is_text = schema.at("type") == "string";
    return fault_of(is_text ? Json(response.body) : Json::parse(response.body), schema, path);
  }
  return path + " " + code + " has the undescribed type " + response.content_type;
}

struct OpenapiTest : testing::Test, FakeParts {
  HttpResponse get(const std::string& path, PeerTrust peer) {
    const HttpRequest request{
        .method = "GET", .path = path, .query = {}, .fields = {}, .body = {}, .peer = peer};
    if (auto refused = api.refuse(request)) return *refused;
    return response_of(api.handle(request));
  }

  // What is wrong with the answer of a route, with `part` for what stands in braces.
  std::string answer_fault_of(const RouteInfo& route, const std::string& part, PeerTrust peer) {
    std::string path(route.path);
    for (std::size_t open; (open = path.find('{')) != std::string::npos;)
      path.replace(open, path.find('}') - open + 1, path.starts_with("/api/v1/backup/{") ? "inbox" : part);
    const bool is_removal = route.method == "DELETE" && path.ends_with("/subscriptions");
    const HttpRequest request{
        .method = std::string(route.method),
        .path = path,
        .query = is_removal ? "filter=a" : "",
        .fields = {{"Content-Type", part == "77" ? "text/plain" : "application/json"}},
        .body =
            path.find("/nodes/") != std::string::npos
                ? path.ends_with("remove") ? R"({"confirm": true})" : R"({"reason": "r"})"
            : path.find("/directives/") != std::string::npos ? R"({"weights": {"blue": 1}})"
            : path.find("/groups/") != std::string::npos     ? R"({"groups": ["blue"]})"
            : path.ends_with("split")                        ? R"({"half": true})"
            : path.ends_with("merge") || path.ends_with("kick") || path.ends_with("remove") ? "{}"
            : path.find("/bans/") != std::string::npos || path.ends_with("reload") || path.ends_with("stop")
                ? "{}"
            : path.find("/levels/") != std::string::npos ? R"({"level": "debug"})"
            : path.ends_with("traces")                   ? R"({"client": "c"})"
            : path.find("/rules/") != std::string::npos  ? R"({"enable": true})"
            : path.ends_with("publish")                  ? R"({"topic": "a", "payload": "b"})"
            : path.ends_with("subscriptions")            ? R"({"filter": "a", "qos": 1})"
            : path.find("/backup/") != std::string::npos ? R"({"reader": "1"})"
            : path.ends_with("restore")                  ? R"({"restore": "1"})"
            : path.ends_with("rows")                     ? R"({"store": "inbox", "chunk_base64": "eA=="})"
            : path.ends_with("steps")                    ? R"({"step": "end"})"
                                                         : R"({"to": "00000000000000a2"})",
        .peer = peer};
    const auto refused = api.refuse(request);
    const HttpResponse response = refused ? *refused : response_of(api.handle(request));
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return fault_of_answer(std::string(route.path), response, method);
  }

  Api api{parts(), TokenBook({{"watcher", Role::viewer, std::string(64, 'v')}})};
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

TEST_F(OpenapiTest, RoutesAndDocumentNameTheSamePathsAndMethods) {
  std::set<std::string> routed;
  for (const RouteInfo& route : Api::routes())
    routed.insert(lower(route.method) + " " + std::string(route.path));
  std::set<std::string> described;
  for (const auto& [path, methods] : document().at("paths").items())
    for (const auto& [method, operation] : methods.items()) described.insert(method + " " + path);
  EXPECT_EQ(routed, described);
}

TEST_F(OpenapiTest, TheDocumentSaysWhoMayAsk) {
  for (const RouteInfo& route : Api::routes()) {
    const Json& operation = document().at("paths").at(std::string(route.path)).at(lower(route.method));
    const Json open = Json::array();
    const Json loopback = Json::array({Json::object(), {{"token", Json::array()}}});
    switch (route.access) {
      case Access::open:
        EXPECT_EQ(operation.value("security", Json()), open) << route.path;
        break;
      case Access::loopback:
        EXPECT_EQ(operation.value("security", Json()), loopback) << route.path;
        break;
      case Access::owner:
        EXPECT_FALSE(operation.contains("security")) << route.path;  // that of the whole document holds
        break;
    }
  }
}

TEST_F(OpenapiTest, EveryAnswerIsAsDescribed) {
  for (const auto state :
       {observe::HealthState::ok, observe::HealthState::degraded, observe::HealthState::failed}) {
    health.set("node", state, "reason");
    for (const RouteInfo& route : Api::routes())
      for (const PeerTrust peer : {PeerTrust::remote, PeerTrust::loopback, PeerTrust::owner})
        for (const char* part : {"1", "77", "x", "none"}) EXPECT_EQ(answer_fault_of(route, part, peer), "");
  }
  for (const int status_code : {400, 413, 500})
    EXPECT_EQ(fault_of_answer("/healthz", problem(static_cast<std::uint16_t>(status_code), "detail")), "");
}

// The check above must be able to see.
TEST_F(OpenapiTest, AnAnswerThatDiffersFromItsDescriptionIsSeen) {
  Json answer = Json::parse(get("/api/v1/status", PeerTrust::owner).body);
  const Json& schema = document().at("components").at("schemas").at("Status");
  ASSERT_EQ(fault_of(answer, schema, ""), "");
  Json lacking = answer;
  lacking["node"].erase("workers");
  EXPECT_EQ(fault_of(lacking, schema, ""), ".node lacks workers");
  Json extra = answer;
  extra["listeners"][0]["more"] = 1;
  EXPECT_EQ(fault_of(extra, schema, ""), ".listeners[0].more is not described");
  Json wrong = answer;
  wrong["plugins"][1]["health"] = "fine";
  EXPECT_EQ(fault_of(wrong, schema, ""), ".plugins[1].health is none of the values");
  wrong = answer;
  wrong["plugins"][0]["counters"]["calls"] = -1;
  EXPECT_EQ(fault_of(wrong, schema, ""), ".plugins[0].counters.calls is too small");
}

void check_references(const Json& node) {
  if (node.is_object() && node.contains("$ref")) {
    EXPECT_NO_THROW(document().at(Json::json_pointer(node["$ref"].get<std::string>().substr(1))))
        << node.dump();
  }
  if (node.is_structured())
    for (const Json& member : node) check_references(member);
}

TEST_F(OpenapiTest, TheDocumentIsWholeAndServedAsItIs) {
  EXPECT_EQ(document().at("openapi"), "3.1.0");
  check_references(document());
  std::set<std::string> ids;
  for (const auto& [path, methods] : document().at("paths").items())
    for (const auto& [method, operation] : methods.items())
      EXPECT_TRUE(ids.insert(operation.at("operationId").get<std::string>()).second);
  EXPECT_EQ(get("/api/v1/openapi.json", PeerTrust::owner).body, openapi_document());
}

TEST(ApiReference, TheApiPageIsWhatTheDocumentSays) {
  std::ostringstream page;
  page << std::ifstream(TENON_SOURCE_ROOT "/docs/reference/api.md").rdbuf();
  EXPECT_EQ(page.str(), api_reference())
      << "run: build/core/admin/print_api_reference > docs/reference/api.md";
}

}  // namespace
}  // namespace tenon::admin
