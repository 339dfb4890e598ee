#include "admin/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes.h"
#include "http/http_conversation.h"
#include "observe/metrics/table.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string token(64, 'a');

struct ApiTest : testing::Test, FakeParts {
  ApiTest() { health.set("node", observe::HealthState::ok); }

  HttpResponse ask(HttpRequest request) {
    if (auto refused = api.refuse(request)) return *refused;
    return response_of(api.handle(request));
  }
  HttpResponse get(const std::string& path, PeerTrust peer = PeerTrust::owner) {
    return ask({.method = "GET", .path = path, .query = {}, .fields = {}, .body = {}, .peer = peer});
  }
  HttpResponse post(const std::string& path, const std::string& body, PeerTrust peer,
                    const std::string& type = "application/json") {
    return ask({.method = "POST",
                .path = path,
                .query = {},
                .fields = {{"Content-Type", type}},
                .body = body,
                .peer = peer});
  }
  static std::string sample_path(std::string_view pattern) {
    if (pattern == "/console/{file}") return "/console/index.html";
    std::string path(pattern);
    if (path.ends_with("/{plugin}")) return "/api/v1/plugins/tcp";
    if (path.ends_with("/{kind}/{pattern}")) return "/api/v1/bans/client/1";
    if (path.ends_with("/{service}/{tenants}")) return "/api/v1/traffic/directives/mqtt/1";
    for (std::size_t open; (open = path.find('{')) != std::string::npos;)
      path.replace(open, path.find('}') - open + 1, path.starts_with("/api/v1/backup/{") ? "inbox" : "1");
    return path;
  }
  static std::string sample_body(std::string_view path) {
    if (path.ends_with("/split")) return R"({"half": true})";
    if (path.find("/traffic/directives/") != std::string_view::npos) return R"({"weights": {"blue": 1}})";
    if (path.find("/traffic/groups/") != std::string_view::npos) return R"({"groups": ["blue"]})";
    if (path.find("/nodes/") != std::string_view::npos)
      return path.ends_with("/remove") ? R"({"confirm": true})" : "{}";
    if (path.ends_with("/merge") || path.ends_with("/kick") || path.ends_with("/remove") ||
        path.ends_with("/reload") || path.ends_with("/stop") || path.find("/bans/") != std::string::npos)
      return "{}";
    if (path.ends_with("/traces")) return R"({"client": "c"})";
    if (path.find("/levels/") != std::string::npos) return R"({"level": "info"})";
    if (path.find("/rules/") != std::string::npos) return R"({"enable": false})";
    if (path.ends_with("/publish")) return R"({"topic": "a", "payload": ""})";
    if (path.ends_with("/subscriptions")) return R"({"filter": "a/+", "qos": 1})";
    if (path.ends_with("/members")) return R"({"voters": ["00000000000000a2"]})";
    if (path.ends_with("/recover")) return R"({"confirm": true})";
    if (path.starts_with("/api/v1/backup/")) return R"({"reader": "1"})";
    if (path.ends_with("/restore")) return R"({"restore": "1"})";
    if (path.ends_with("/rows")) return R"({"store": "inbox", "chunk_base64": "eA=="})";
    if (path.ends_with("/steps")) return R"({"step": "end"})";
    return R"({"to": "00000000000000a2"})";
  }
  static std::string sample_query(std::string_view method, std::string_view path) {
    return method == "DELETE" && path.ends_with("/subscriptions") ? "filter=a" : "";
  }
  static nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }

  Api api{parts(), TokenBook({{"", Role::admin, token},
                              {"watcher", Role::viewer, std::string(64, 'v')},
                              {"shift", Role::operate, std::string(64, 'o')}})};
};

TEST_F(ApiTest, StatusTellsWhatTheSourceSays) {
  const HttpResponse response = get("/api/v1/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  const auto body = json(response);
  EXPECT_EQ(body["version"], "0.1.0");
  EXPECT_EQ(body["node"]["uptime_s"], 7384);
  EXPECT_EQ(body["ready"], true);
  EXPECT_EQ(body["listeners"][0]["port"], 1883);
  EXPECT_EQ(body["plugins"][0]["counters"]["calls"], 12);
  EXPECT_EQ(body["plugins"][1]["health_reason"], "the password file is old");
  EXPECT_EQ(body["counts"]["retained_messages"], 7);
  EXPECT_EQ(body["messages"]["dropped"], 1);
}

TEST_F(ApiTest, StatusSurvivesTextThatIsNotUtf8) {
  status.status.node_id = "n\xff";
  EXPECT_EQ(json(get("/api/v1/status"))["node"]["id"], "n\ufffd");
}

TEST_F(ApiTest, HealthzAnswersEverybody) {
  const HttpResponse response = get("/healthz", PeerTrust::remote);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok\n");
}

TEST_F(ApiTest, HealthzTellsOfDamageAndOfNothingElse) {
  health.set("store", observe::HealthState::failed, "state: no room");
  EXPECT_EQ(get("/healthz", PeerTrust::remote).status, 200);
  health.set(observe::damage_condition, observe::HealthState::failed, "store dist is closed");
  const HttpResponse response = get("/healthz", PeerTrust::remote);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "not ok: store dist is closed\n");
  health.remove(observe::damage_condition);
  EXPECT_EQ(get("/healthz", PeerTrust::remote).status, 200);
}

TEST_F(ApiTest, ReadyzFollowsTheHealthAndSaysWhy) {
  EXPECT_EQ(get("/readyz", PeerTrust::loopback).status, 200);
  health.set("plugin.users", observe::HealthState::failed, "the password file is gone");
  const HttpResponse response = get("/readyz", PeerTrust::loopback);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(json(response)["ready"], false);
  EXPECT_EQ(json(response)["conditions"][1]["reason"], "the password file is gone");
}

TEST_F(ApiTest, MetricsComeInTheFormatThatIsAskedFor) {
  metrics.counter(observe::metrics::auth_logins, {"accepted"}).value().add(1, 5);
  HttpResponse response = get("/metrics", PeerTrust::loopback);
  EXPECT_THAT(response.content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_THAT(response.body, HasSubstr("tenon_auth_logins_total{result=\"accepted\"} 5\n"));
  response = ask({.method = "GET",
                  .path = "/metrics",
                  .query = {},
                  .fields = {{"accept", "application/openmetrics-text"}},
                  .body = {},
                  .peer = PeerTrust::loopback});
  EXPECT_THAT(response.content_type, StartsWith("application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(response.body, testing::EndsWith("# EOF\n"));
}

TEST_F(ApiTest, WithoutTokenEachPeerSeesItsPartOnly) {
  struct Case {
    PeerTrust peer;
    int healthz, readyz, metrics, status, openapi;
  };
  for (const Case& c :
       {Case{PeerTrust::remote, 200, 401, 401, 401, 401}, Case{PeerTrust::loopback, 200, 200, 200, 401, 401},
        Case{PeerTrust::owner, 200, 200, 200, 200, 200}}) {
    EXPECT_EQ(get("/healthz", c.peer).status, c.healthz);
    EXPECT_EQ(get("/readyz", c.peer).status, c.readyz);
    EXPECT_EQ(get("/metrics", c.peer).status, c.metrics);
    EXPECT_EQ(get("/api/v1/status", c.peer).status, c.status);
    EXPECT_EQ(get("/api/v1/openapi.json", c.peer).status, c.openapi);
  }
}

TEST_F(ApiTest, TheTokenOpensEverythingAndAWrongOneNothing) {
  for (const RouteInfo& route : Api::routes()) {
    const bool is_order = route.method == "POST" || route.method == "PUT";
    HttpRequest request{
        .method = std::string(route.method),
        .path = sample_path(route.path),
        .query = sample_query(route.method, route.path),
        .fields = {{"AUTHORIZATION", "bearer " + token}, {"Content-Type", "application/json"}},
        .body = is_order ? sample_body(route.path) : "",
        .peer = PeerTrust::remote};
    EXPECT_LT(ask(request).status, 300) << route.path;
    if (route.access == Access::open) continue;
    for (const std::string& wrong :
         {std::string("Bearer"), std::string("Bearer "), "Bearer " + token + "a", token,
          "Bearer " + std::string(64, 'b'), "Basic " + token, "Bearer  " + token}) {
      request.fields[0].second = wrong;
      EXPECT_EQ(ask(request).status, 401) << route.path << " " << wrong;
    }
  }
}

TEST_F(ApiTest, ATokenDoesWhatItsRoleAllows) {
  const std::pair<char, Role> tokens[] = {{'v', Role::viewer}, {'o', Role::operate}, {'a', Role::admin}};
  for (const auto& [letter, role] : tokens)
    for (const RouteInfo& route : Api::routes()) {
      const HttpRequest request{.method = std::string(route.method),
                                .path = sample_path(route.path),
                                .query = {},
                                .fields = {{"Authorization", "Bearer " + std::string(64, letter)},
                                           {"Content-Type", "application/json"}},
                                .body = sample_body(route.path),
                                .peer = PeerTrust::remote};
      const bool is_allowed = route.access != Access::owner || route.role <= role;
      const auto refused = api.refuse(request);
      EXPECT_EQ(refused.has_value(), !is_allowed) << letter << " " << route.path;
      if (refused) {
        EXPECT_EQ(refused->status, 403) << route.path;
        EXPECT_EQ(refused->by.empty(), route.method == "GET") << route.path;
      }
    }
}

TEST_F(ApiTest, AResponseToAChangeSaysWhoAskedForIt) {
  HttpRequest request{
      .method = "POST",
      .path = "/api/v1/ranges/1/transfer",
      .query = {},
      .fields = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + std::string(64, 'o')}},
      .body = R"({"to": "a"})",
      .peer = PeerTrust::remote};
  EXPECT_EQ(ask(request).by, "token shift");
  EXPECT_EQ(ranges.given[0].by, "token shift");
  request.body = "{";
  EXPECT_EQ(ask(request).by, "token shift");
  request.fields[0].second = "text/plain";
  EXPECT_EQ(ask(request).by, "token shift");
  request.fields[1].second = "Bearer x";
  EXPECT_EQ(ask(request).by, "");
  EXPECT_EQ(get("/api/v1/status").by, "");
}

// Its head was let in, and its body took a while.
TEST_F(ApiTest, ATokenThatIsTakenAwayMeanwhileChangesNothing) {
  const HttpRequest request{
      .method = "POST",
      .path = "/api/v1/ranges/1/transfer",
      .query = {},
      .fields = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + std::string(64, 'o')}},
      .body = R"({"to": "a"})",
      .peer = PeerTrust::remote};
  ASSERT_FALSE(api.refuse(request));
  api.set_tokens({});
  EXPECT_EQ(std::get<HttpResponse>(api.handle(request)).status, 401);
  EXPECT_TRUE(ranges.given.empty());
}

TEST_F(ApiTest, APathThatIsBadlyEscapedIsRefused) {
  EXPECT_EQ(get("/api/v1/orders/%zz").status, 400);
  EXPECT_EQ(get("/api/v1/orders/%31").status, 200);
}

TEST_F(ApiTest, AnEmptyTokenLetsNobodyIn) {
  const Api closed(parts(), TokenBook({{"", Role::admin, ""}}));
  EXPECT_TRUE(closed
                  .refuse({.method = "GET",
                           .path = "/api/v1/status",
                           .query = {},
                           .fields = {{"Authorization", "Bearer "}},
                           .body = {},
                           .peer = PeerTrust::loopback})
                  .has_value());
}

TEST_F(ApiTest, RefusalsAreProblemsThatSayWhatToDo) {
  const HttpResponse missing = get("/api/v1/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.content_type, "application/problem+json");
  EXPECT_EQ(json(missing)["title"], "Not Found");
  EXPECT_THAT(json(missing)["detail"].get<std::string>(), HasSubstr("/api/v1/nothing"));
  const HttpResponse denied = get("/api/v1/status", PeerTrust::loopback);
  EXPECT_EQ(denied.fields[0],
            std::make_pair(std::string("WWW-Authenticate"), std::string("Bearer realm=\"tenon\"")));
  EXPECT_THAT(json(denied)["detail"].get<std::string>(), HasSubstr("admin.token"));
}

TEST_F(ApiTest, OtherMethodsAreRefusedWithTheListOfAllowedOnes) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"}) {
    const HttpResponse response = ask({.method = method,
                                       .path = "/api/v1/status",
                                       .query = {},
                                       .fields = {},
                                       .body = {},
                                       .peer = PeerTrust::remote});
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.fields[0], std::make_pair(std::string("Allow"), std::string("GET, HEAD")));
  }
}

TEST_F(ApiTest, PathsAreTakenLiterally) {
  for (const char* path : {"/", "/api/v1/status/", "//api/v1/status", "/api/v1/../v1/status",
                           "/API/v1/status", "/api/v1/st%61tus", "/healthz/x"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(ApiTest, APathThatIsNotUtf8IsStillAnsweredInJson) {
  EXPECT_TRUE(json(get("/\xff\xfe")).is_object());
}

TEST_F(ApiTest, RangesAreListedWithTheirKeysAsText) {
  const auto list = json(get("/api/v1/ranges"))["ranges"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["id"], "12884901888");
  EXPECT_EQ(list[0]["end"], "%00m%25");
  EXPECT_EQ(list[0]["epoch"], "1.0");
  EXPECT_EQ(list[0]["replica"]["lags"]["00000000000000a2"], 7);
  EXPECT_EQ(list[1]["id"], "18446744073709551615");
  EXPECT_FALSE(list[1].contains("replica"));
}

TEST_F(ApiTest, WhatAReplicaHoldsIsOneNumber) {
  EXPECT_EQ(get("/api/v1/ranges/x/digest", PeerTrust::owner).status, 404);
  const auto digest = json(get("/api/v1/ranges/12884901888/digest", PeerTrust::owner));
  EXPECT_EQ(digest["range"], "12884901888");
  EXPECT_EQ(digest["applied"], 90);
  EXPECT_EQ(digest["digest"], "0000000000000abc");
  ranges.failure = Error{Errc::busy, "it is written to"};
  EXPECT_EQ(get("/api/v1/ranges/12884901888/digest", PeerTrust::owner).status, 503);
}

TEST_F(ApiTest, AnOrderIsGivenAndItsStateIsAskedFor) {
  const HttpResponse given =
      post("/api/v1/ranges/12884901888/transfer",
           R"({"to": "00000000000000a2", "reason": "a test", "epoch": "3.1"})", PeerTrust::owner);
  EXPECT_EQ(given.status, 202);
  EXPECT_EQ(given.fields[0], std::make_pair(std::string("Location"), std::string("/api/v1/orders/1")));
  EXPECT_EQ(json(given)["state"], "running");
  ASSERT_EQ(ranges.given.size(), 1u);
  EXPECT_EQ(ranges.given[0].range, 12884901888u);
  EXPECT_EQ(ranges.given[0].node, "00000000000000a2");
  EXPECT_EQ(ranges.given[0].reason, "a test");
  EXPECT_EQ(ranges.given[0].epoch, std::make_pair(3u, 1u));
  EXPECT_EQ(ranges.given[0].by, "owner");
  EXPECT_EQ(json(get("/api/v1/orders/1"))["state"], "done");
  EXPECT_EQ(get("/api/v1/orders/2").status, 404);
  EXPECT_EQ(get("/api/v1/orders/x").status, 404);
}

TEST_F(ApiTest, AnOrderThatMakesNoSenseIsRefusedAndTheReasonNamed) {
  const std::string path = "/api/v1/ranges/1/transfer";
  const std::pair<const char*, const char*> cases[] = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {"{", "no JSON object"},
      {"{}", "\"to\" is missing"},
      {R"({"to": 5})", "\"to\" is no text"},
      {R"({"to": "a", "too": "b"})", "\"too\" is not known"},
      {R"({"to": "a", "epoch": "3"})", "\"epoch\" is not like"},
      {R"({"to": "a", "epoch": "3.x"})", "\"epoch\" is not like"},
      {R"({"to": "a", "epoch": "-3.1"})", "\"epoch\" is not like"},
  };
  for (const auto& [body, why] : cases) {
    const HttpResponse response = post(path, body, PeerTrust::owner);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(json(response)["detail"].get<std::string>(), HasSubstr(why)) << body;
  }
  const std::string long_reason = R"({"to": "a", "reason": ")" + std::string(501, 'x') + "\"}";
  EXPECT_EQ(post(path, long_reason, PeerTrust::owner).status, 400);
  EXPECT_EQ(post("/api/v1/ranges/x/transfer", R"({"to": "a"})", PeerTrust::owner).status, 404);
  EXPECT_EQ(post("/api/v1/ranges//transfer", R"({"to": "a"})", PeerTrust::owner).status, 404);
  EXPECT_TRUE(ranges.given.empty());
  ranges.failure = Error{Errc::not_found, "no such range"};
  EXPECT_EQ(post(path, R"({"to": "a"})", PeerTrust::owner).status, 404);
  ranges.failure = Error{Errc::busy, "later"};
  EXPECT_EQ(post(path, R"({"to": "a"})", PeerTrust::owner).status, 503);
}

TEST_F(ApiTest, AMergeMaySayWithWhichRange) {
  const std::string path = "/api/v1/ranges/1/merge";
  EXPECT_EQ(post(path, "{}", PeerTrust::owner).status, 202);
  EXPECT_EQ(post(path, R"({"with": "18446744073709551615", "epoch": "1.2"})", PeerTrust::owner).status, 202);
  ASSERT_EQ(ranges.given.size(), 2u);
  EXPECT_EQ(ranges.given[0].action, RangeOrder::Action::merge);
  EXPECT_EQ(ranges.given[0].with, 0u);
  EXPECT_EQ(ranges.given[1].with, 18446744073709551615u);
  for (const char* body : {R"({"with": 7})", R"({"with": "0"})", R"({"with": "seven"})", R"({"with": ""})",
                           R"({"half": true})", R"({"key": "a"})"})
    EXPECT_EQ(post(path, body, PeerTrust::owner).status, 400) << body;
}

TEST_F(ApiTest, ASplitSaysWhereInOneOfTwoWays) {
  const std::string path = "/api/v1/ranges/1/split";
  EXPECT_EQ(post(path, R"({"key": "%00m%25"})", PeerTrust::owner).status, 202);
  EXPECT_EQ(post(path, R"({"half": true})", PeerTrust::owner).status, 202);
  EXPECT_EQ(post(path, R"({"by_load": true})", PeerTrust::owner).status, 202);
  ASSERT_EQ(ranges.given.size(), 3u);
  EXPECT_TRUE(ranges.given[2].by_load);
  EXPECT_EQ(ranges.given[0].action, RangeOrder::Action::split);
  EXPECT_EQ(ranges.given[0].key, std::string("\0m%", 3));
  EXPECT_EQ(ranges.given[1].key, "");
  for (const char* body : {"{}", R"({"key": ""})", R"({"half": false})", R"({"half": true, "key": "a"})",
                           R"({"half": true, "by_load": true})", R"({"key": "a b"})", R"({"key": 1})",
                           R"({"to": "a", "half": true})"})
    EXPECT_EQ(post(path, body, PeerTrust::owner).status, 400) << body;
}

TEST_F(ApiTest, AnOrderToChangeMembersNamesThem) {
  const std::string path = "/api/v1/ranges/1/members";
  EXPECT_EQ(post(path, R"({"voters": ["a", "b"], "learners": ["c"]})", PeerTrust::owner).status, 202);
  ASSERT_EQ(ranges.given.size(), 1u);
  EXPECT_EQ(ranges.given[0].action, RangeOrder::Action::members);
  EXPECT_EQ(ranges.given[0].voters, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ranges.given[0].learners, (std::vector<std::string>{"c"}));
  for (const char* wrong : {"{}", R"({"voters": []})", R"({"voters": "a"})", R"({"voters": [1]})",
                            R"({"voters": ["a"], "to": "b"})"})
    EXPECT_EQ(post(path, wrong, PeerTrust::owner).status, 400) << wrong;
  EXPECT_EQ(post("/api/v1/ranges/1/transfer", R"({"voters": ["a"]})", PeerTrust::owner).status, 400);
}

TEST_F(ApiTest, ARecoveryHasToBeConfirmed) {
  const std::string path = "/api/v1/ranges/1/recover";
  for (const char* wrong : {"{}", R"({"confirm": false})", R"({"confirm": "true"})", R"({"confirm": 1})",
                            R"({"confirm": true, "to": "b"})"})
    EXPECT_EQ(post(path, wrong, PeerTrust::owner).status, 400) << wrong;
  EXPECT_TRUE(ranges.given.empty());
  EXPECT_EQ(post(path, R"({"confirm": true, "reason": "two are gone"})", PeerTrust::owner).status, 202);
  ASSERT_EQ(ranges.given.size(), 1u);
  EXPECT_EQ(ranges.given[0].action, RangeOrder::Action::recover);
  EXPECT_EQ(ranges.given[0].reason, "two are gone");
  EXPECT_EQ(post("/api/v1/ranges/1/transfer", R"({"to": "a", "confirm": true})", PeerTrust::owner).status,
            400);
}

// A page of another site can have a browser send texts and forms to this machine, and no JSON.
TEST_F(ApiTest, ABodyThatIsNotSaidToBeJsonIsRefusedBeforeItIsRead) {
  const std::string path = "/api/v1/ranges/1/transfer";
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                           "multipart/form-data", "text/plain; application/json"})
    EXPECT_EQ(post(path, R"({"to": "a"})", PeerTrust::owner, type).status, 415) << type;
  EXPECT_TRUE(ranges.given.empty());
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8"})
    EXPECT_EQ(post(path, R"({"to": "a"})", PeerTrust::owner, type).status, 202) << type;
}

TEST_F(ApiTest, RulesAreListedWithTheOriginOfEachValue) {
  const auto body = json(get("/api/v1/balance/rules"))["balancers"][0];
  EXPECT_EQ(body["version"], 12);
  EXPECT_EQ(body["values"][1]["name"], "options.grace_s");
  EXPECT_EQ(body["values"][1]["value"], 300);
  EXPECT_EQ(body["values"][1]["origin"], "rule 12");
  rules.list.reset();
  EXPECT_EQ(get("/api/v1/balance/rules").status, 503);
}

TEST_F(ApiTest, ARuleIsSetAndItsStateIsAskedFor) {
  const std::string path = "/api/v1/balance/rules/inbox/replica-cnt";
  const HttpResponse begun =
      post(path, R"({"enable": false, "order": 7, "options": {"a": null}, "version": 0, "reason": "x"})",
           PeerTrust::owner);
  ASSERT_EQ(begun.status, 202);
  ASSERT_EQ(rules.given.size(), 1u);
  const RuleChange& given = rules.given[0];
  EXPECT_EQ(given.store + "/" + given.balancer + " " + given.options_json + " " + given.reason,
            R"(inbox/replica-cnt {"a":null} x)");
  EXPECT_EQ(given.enable, false);
  EXPECT_EQ(given.order, 7u);
  EXPECT_EQ(given.version, 0u);
  EXPECT_EQ(given.by, "owner");
  EXPECT_FALSE(given.removes);
  const auto location = std::find_if(begun.fields.begin(), begun.fields.end(),
                                     [](const auto& field) { return field.first == "Location"; });
  ASSERT_NE(location, begun.fields.end());
  EXPECT_EQ(json(get(location->second))["state"], "done");
  EXPECT_EQ(get("/api/v1/balance/changes/2").status, 404);
}

TEST_F(ApiTest, ARuleIsRemoved) {
  EXPECT_EQ(post("/api/v1/balance/rules/inbox/x/remove", R"({"version": 12})", PeerTrust::owner).status, 202);
  EXPECT_TRUE(rules.given.at(0).removes);
  EXPECT_EQ(rules.given.at(0).version, 12u);
  EXPECT_EQ(post("/api/v1/balance/rules/inbox/x/remove", R"({"enable": true})", PeerTrust::owner).status,
            400);
}

TEST_F(ApiTest, ARuleThatMakesNoSenseIsRefused) {
  const std::string path = "/api/v1/balance/rules/inbox/replica-cnt";
  for (const char* body :
       {"{}", "[]", R"({"reason": "x"})", R"({"enable": 1})", R"({"order": -1})", R"({"order": "1"})",
        R"({"options": []})", R"({"enable": true, "version": -1})", R"({"enable": true, "zone": 1})"})
    EXPECT_EQ(post(path, body, PeerTrust::owner).status, 400) << body;
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_EQ(post(path, R"({"options": {"a": )" + deep + "}}", PeerTrust::owner).status, 400);
  EXPECT_TRUE(rules.given.empty());
  rules.failure = Error{Errc::not_found, "no such store"};
  EXPECT_EQ(post(path, R"({"enable": true})", PeerTrust::owner).status, 404);
  rules.failure = Error{Errc::busy, "later"};
  EXPECT_EQ(post(path, R"({"enable": true})", PeerTrust::owner).status, 503);
  EXPECT_EQ(post(path, R"({"enable": true})", PeerTrust::remote).status, 401);
  EXPECT_EQ(post("/api/v1/balance/rules//replica-cnt", R"({"enable": true})", PeerTrust::owner).status, 404);
}

TEST_F(ApiTest, OrdersNeedTheOwnerOrTheToken) {
  for (const PeerTrust peer : {PeerTrust::remote, PeerTrust::loopback}) {
    EXPECT_EQ(post("/api/v1/ranges/1/transfer", R"({"to": "a"})", peer).status, 401);
    EXPECT_EQ(get("/api/v1/ranges", peer).status, 401);
    EXPECT_EQ(get("/api/v1/orders/1", peer).status, 401);
  }
  EXPECT_EQ(get("/api/v1/ranges/1/transfer").status, 405);
  EXPECT_TRUE(ranges.given.empty());
}

TEST_F(ApiTest, WhatIsOpenIsAnsweredWithoutTheBodyThatIsOwed) {
  const std::string owes = " HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n";
  const auto answered = [&](const std::string& request, PeerTrust peer) {
    HttpConversation talk(api, peer);
    talk.send(request + "\r\n");
    return !talk.exchanges.empty();
  };
  for (const char* path : {"GET /healthz", "HEAD /healthz", "GET /console", "GET /console/index.html"})
    EXPECT_TRUE(answered(path + owes, PeerTrust::remote)) << path;
  EXPECT_TRUE(answered("GET /metrics" + owes, PeerTrust::loopback));
  const std::string with_token = "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n";
  EXPECT_FALSE(answered("POST /api/v1/ranges/1/transfer" + owes + with_token, PeerTrust::remote));
}

TEST_F(ApiTest, ServesAWholeConversation) {
  HttpConversation talk(api, PeerTrust::loopback);
  talk.send(
      "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nHEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /api/v1/status HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /api/v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
      token +
      "\r\n\r\n"
      "POST /api/v1/status HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  std::vector<int> codes;
  for (const HttpExchange& exchange : talk.exchanges) codes.push_back(exchange.status);
  EXPECT_EQ(codes, (std::vector<int>{200, 200, 401, 200, 413}));
  EXPECT_TRUE(talk.connection().want_close());
}

TEST(ApiRequests, WhatNobodyWouldHearIsRefused) {
  FakeParts fakes;
  const Api api(fakes.parts(), TokenBook{});
  EXPECT_EQ(ask_as_owner(api, "POST", "/api/v1/nodes/1/drain", "rate=5", "{}").status, 400);
  EXPECT_EQ(ask_as_owner(api, "DELETE", "/api/v1/bans/client/a", "version=3").status, 400);
  EXPECT_EQ(ask_as_owner(api, "DELETE", "/api/v1/sessions/a", "", R"({"tenant": "acme"})").status, 400);
  EXPECT_EQ(ask_as_owner(api, "DELETE", "/api/v1/sessions/a", "tenat=acme").status, 400);
  EXPECT_TRUE(fakes.nodes.drained.empty() && fakes.bans.changes.empty() && fakes.sessions.names.empty());
  EXPECT_EQ(ask_as_owner(api, "DELETE", "/api/v1/sessions/a", "tenant=acme").status, 200);
  // Probes may add what they like.
  EXPECT_EQ(ask_as_owner(api, "GET", "/healthz", "from=balancer").status, 200);
}

}  // namespace
}  // namespace tenon::admin
