#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

struct SessionRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& query = {},
                   const std::string& body = {}) {
    return ask_as_owner(api, method, path, query, body);
  }
  nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }

  Api api{parts(), TokenBook{}};
};

TEST_F(SessionRoutes, AListAsksForWhatTheQuerySays) {
  const auto page = json(
      ask("GET", "/api/v1/sessions", "tenant=acme&prefix=a%2F&state=connected&node=a1&limit=7&cursor=006b"));
  EXPECT_EQ(page["cursor"], "006b");
  EXPECT_EQ(page["sessions"][0]["link"]["inflight_count"], 3);
  EXPECT_EQ(page["sessions"][0]["stored"]["expiry_s"], 3600);
  EXPECT_FALSE(page["sessions"][0]["stored"].contains("expires_at_ms"));
  EXPECT_FALSE(page["sessions"][1].contains("link"));
  EXPECT_EQ(page["sessions"][1]["connected"], false);
  EXPECT_EQ(page["missing_nodes"][0], "00000000000000a3");
  ASSERT_EQ(sessions.queries.size(), 1u);
  const SessionQuery& query = sessions.queries[0];
  EXPECT_EQ(query.tenant, "acme");
  EXPECT_EQ(query.prefix, "a/");
  EXPECT_EQ(query.node, "a1");
  EXPECT_EQ(query.state, SessionQuery::State::connected);
  EXPECT_EQ(query.limit, 7u);
  EXPECT_EQ(query.cursor, std::string("\0k", 2));
  sessions.page.cursor.reset();
  EXPECT_FALSE(json(ask("GET", "/api/v1/sessions")).contains("cursor"));
  EXPECT_EQ(sessions.queries[1].tenant, std::nullopt);
}

TEST_F(SessionRoutes, AQueryThatMakesNoSenseIsRefused) {
  for (const char* query : {"limit=0", "limit=1001", "state=maybe", "cursor=xyz", "clientid=a", "prefix=%f",
                            "state=disconnected&node=a1", "prefix=a&prefix=b"})
    EXPECT_EQ(ask("GET", "/api/v1/sessions", query).status, 400) << query;
  EXPECT_TRUE(sessions.queries.empty());
}

TEST_F(SessionRoutes, ASessionIsNamedByThePathAndItsTenantByTheQuery) {
  EXPECT_EQ(ask("GET", "/api/v1/sessions/a%2Fb%20%F0%9F%98%80").status, 200);
  EXPECT_EQ(ask("DELETE", "/api/v1/sessions/x", "tenant=acme").status, 200);
  EXPECT_EQ(ask("POST", "/api/v1/sessions/x/kick", "", "{}").status, 200);
  ASSERT_EQ(sessions.names.size(), 3u);
  EXPECT_EQ(sessions.names[0].client_id, "a/b \xF0\x9F\x98\x80");
  EXPECT_EQ(sessions.names[1].tenant, "acme");
  for (const char* method : {"GET", "DELETE"}) EXPECT_EQ(ask(method, "/api/v1/sessions/none").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/sessions/x/kick", "", R"({"all": true})").status, 400);
  EXPECT_EQ(ask("DELETE", "/api/v1/sessions/x", "all=1").status, 400);
  EXPECT_EQ(sessions.names.size(), 5u);
}

// Nothing is ended when it is not named: there is no such request.
TEST_F(SessionRoutes, NoRequestEndsAllSessions) {
  EXPECT_EQ(ask("DELETE", "/api/v1/sessions").status, 405);
  EXPECT_EQ(ask("DELETE", "/api/v1/sessions/").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/sessions//kick", "", "{}").status, 404);
  EXPECT_TRUE(sessions.names.empty());
}

TEST_F(SessionRoutes, FailuresHaveTheirOwnStatus) {
  const std::pair<Errc, int> cases[] = {{Errc::timed_out, 504},
                                        {Errc::exists, 409},
                                        {Errc::busy, 503},
                                        {Errc::internal, 500},
                                        {Errc::invalid, 400}};
  for (const auto& [code, status_code] : cases) {
    sessions.failure = Error{code, "because"};
    const HttpResponse response = ask("GET", "/api/v1/sessions/x");
    EXPECT_EQ(response.status, status_code);
    EXPECT_EQ(json(response)["detail"], "because");
  }
}

TEST_F(SessionRoutes, ASubscriptionIsCheckedBeforeItIsMade) {
  const std::string path = "/api/v1/sessions/x/subscriptions";
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"qos": 1})", "\"filter\" is missing"},
      {R"({"filter": "a"})", "\"qos\" is missing"},
      {R"({"filter": "a", "qos": 3})", "\"qos\" is no whole number"},
      {R"({"filter": "a/#/b", "qos": 1})", "no topic filter"},
      {R"({"filter": "", "qos": 1})", "no topic filter"},
      {R"({"filter": "n\u0000x", "qos": 1})", "no topic filter"},
      {R"({"filter": "$share/g", "qos": 1})", "no topic filter"},
      {R"({"filter": "$share/g/a", "qos": 1, "no_local": true})", "shared"},
      {R"({"filter": "a", "qos": 1, "subscription_id": 0})", "subscription_id"},
      {R"({"filter": "a", "qos": 1, "more": 0})", "\"more\" is not known"},
      {R"({"filter": 7, "qos": 1})", "\"filter\" is no text"},
      {R"({"filter": "a", "qos": 1, "no_local": 1})", "neither true nor false"}};
  for (const auto& [body, why] : wrong) {
    const HttpResponse response = ask("POST", path, "", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(json(response)["detail"].get<std::string>(), HasSubstr(why)) << body;
  }
  EXPECT_TRUE(sessions.subscriptions.empty());
  const HttpResponse done =
      ask("POST", path, "", R"({"filter": "$share/g/a/+", "qos": 2, "retain_as_published": true})");
  EXPECT_EQ(json(done)["existed"], true);
  ASSERT_EQ(sessions.subscriptions.size(), 1u);
  EXPECT_EQ(sessions.subscriptions[0].filter, "$share/g/a/+");
  EXPECT_EQ(sessions.subscriptions[0].qos, 2u);
  EXPECT_TRUE(sessions.subscriptions[0].retain_as_published);
  EXPECT_EQ(ask("DELETE", path).status, 400);
  EXPECT_EQ(json(ask("DELETE", path, "filter=a%2F%23"))["existed"], false);
  EXPECT_EQ(sessions.subscriptions[1].filter, "a/#");
}

TEST_F(SessionRoutes, RoutesAreListedByTheirFilters) {
  const auto page = json(ask("GET", "/api/v1/routes", "prefix=a&limit=1"));
  EXPECT_EQ(page["routes"][0]["filter"], "a/#");
  EXPECT_EQ(page["routes"][0]["subscription_id"], 7);
  EXPECT_EQ(page["cursor"], "6b");
  EXPECT_EQ(sessions.route_queries[0].prefix, "a");
  EXPECT_EQ(ask("GET", "/api/v1/routes", "state=any").status, 400);
}

}  // namespace
}  // namespace tenon::admin
