#include "admin/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes.h"
#include "http_conversation.h"
#include "observe/metrics/table.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string token(64, 'a');

struct ApiTest : testing::Test {
  ApiTest() { health.set("node", observe::HealthState::ok); }

  HttpResponse ask(HttpRequest request) {
    if (auto refused = api.refuse(request)) return *refused;
    return api.handle(request);
  }
  HttpResponse get(const std::string& path, PeerTrust peer = PeerTrust::owner) {
    return ask({.method = "GET", .path = path, .query = {}, .fields = {}, .body = {}, .peer = peer});
  }
  static nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }

  FakeStatus status;
  observe::MetricRegistry metrics{2};
  observe::Health health;
  Api api{status, metrics, health, token};
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
    HttpRequest request{.method = "GET",
                        .path = std::string(route.path),
                        .query = {},
                        .fields = {{"AUTHORIZATION", "bearer " + token}},
                        .body = {},
                        .peer = PeerTrust::remote};
    EXPECT_EQ(ask(request).status, 200) << route.path;
    if (route.access == Access::open) continue;
    for (const std::string& wrong :
         {std::string("Bearer"), std::string("Bearer "), "Bearer " + token + "a", token,
          "Bearer " + std::string(64, 'b'), "Basic " + token, "Bearer  " + token}) {
      request.fields[0].second = wrong;
      EXPECT_EQ(ask(request).status, 401) << route.path << " " << wrong;
    }
  }
}

TEST_F(ApiTest, AnEmptyTokenLetsNobodyIn) {
  const Api closed(status, metrics, health, "");
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

}  // namespace
}  // namespace tenon::admin
