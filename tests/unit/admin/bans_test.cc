#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

struct BanRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = {},
                   HttpFields fields = {}, const std::string& query = {}) {
    return ask_as_owner(api, method, "/api/v1/bans" + path, query, body, std::move(fields));
  }
  Api api{parts(), TokenBook{}};
};

TEST_F(BanRoutes, ABanIsSetWithAllThatIsSaidOfIt) {
  const HttpResponse response =
      ask("PUT", "/address/192.0.2.0%2F24", R"({"reason": "noise", "duration_s": 60, "version": 0})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(etag_in(response), "\"12\"");
  EXPECT_EQ(nlohmann::json::parse(response.body)["until_ms"], 9000);
  ASSERT_EQ(bans.changes.size(), 1u);
  EXPECT_EQ(bans.changes[0].name.kind, "address");
  EXPECT_EQ(bans.changes[0].name.pattern, "192.0.2.0/24");
  EXPECT_EQ(bans.changes[0].duration_s, 60u);
  EXPECT_EQ(bans.changes[0].version, 0u);
  EXPECT_EQ(bans.changes[0].by, "owner");
  EXPECT_EQ(ask("PUT", "/client/c", "{}").status, 200);
  EXPECT_FALSE(bans.changes[1].duration_s || bans.changes[1].version || bans.changes[1].removes);
  EXPECT_EQ(ask("DELETE", "/client/c").status, 200);
  EXPECT_TRUE(bans.changes[2].removes);
}

TEST_F(BanRoutes, AChangeWantsTheVersionThatItsHeaderSays) {
  EXPECT_EQ(ask("PUT", "/client/c", "{}", {{"If-Match", "\"7\""}}).status, 200);
  EXPECT_EQ(ask("PUT", "/client/c", "{}", {{"If-None-Match", "*"}}).status, 200);
  EXPECT_EQ(ask("DELETE", "/client/c", {}, {{"If-Match", "\"12\""}}).status, 200);
  ASSERT_EQ(bans.changes.size(), 3u);
  EXPECT_EQ(bans.changes[0].version, 7u);
  EXPECT_EQ(bans.changes[1].version, 0u);
  EXPECT_EQ(bans.changes[2].version, 12u);
  for (const auto& [name, value] : HttpFields{{"If-Match", "7"},
                                              {"If-Match", "*"},
                                              {"If-Match", "W/\"7\""},
                                              {"If-Match", "\"\""},
                                              {"If-None-Match", "\"7\""}})
    EXPECT_EQ(ask("PUT", "/client/c", "{}", {{name, value}}).status, 400) << name << value;
  EXPECT_EQ(ask("PUT", "/client/c", R"({"version": 7})", {{"If-Match", "\"7\""}}).status, 400);
  EXPECT_EQ(bans.changes.size(), 3u);
}

TEST_F(BanRoutes, AnotherVersionIsTheHeadersFailureOrAConflict) {
  bans.failure = Error{Errc::exists, "the ban has version 9"};
  EXPECT_EQ(ask("PUT", "/client/c", "{}", {{"If-Match", "\"7\""}}).status, 412);
  EXPECT_EQ(ask("DELETE", "/client/c", {}, {{"If-Match", "\"7\""}}).status, 412);
  EXPECT_EQ(ask("PUT", "/client/c", R"({"version": 7})").status, 409);
}

TEST_F(BanRoutes, BansAreListedAndShown) {
  const auto page = nlohmann::json::parse(ask("GET", "", {}, {}, "limit=2&cursor=6b").body);
  EXPECT_EQ(bans.queries[0].cursor, "k");
  EXPECT_EQ(bans.queries[0].limit, 2u);
  EXPECT_FALSE(page["bans"][0].contains("until_ms"));
  EXPECT_EQ(page["flapping"][0]["client_id"], "f");
  EXPECT_EQ(page["cursor"], "6b");
  EXPECT_EQ(etag_in(ask("GET", "/client/c")), "\"12\"");
  EXPECT_EQ(ask("GET", "/client/none").status, 404);
  EXPECT_EQ(ask("GET", "", {}, {}, "cursor=x").status, 400);
}

TEST_F(BanRoutes, WhatMakesNoSenseIsRefused) {
  for (const auto& [body, why] :
       std::initializer_list<std::pair<const char*, const char*>>{{R"({"duration_s": 0})", "duration_s"},
                                                                  {R"({"reason": 7})", "reason"},
                                                                  {R"({"until": 7})", "until"}}) {
    const HttpResponse response = ask("PUT", "/client/c", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(response.body, HasSubstr(why));
  }
  EXPECT_EQ(ask("PUT", "/client/c", "{\"reason\": \"" + std::string(1001, 'x') + "\"}").status, 400);
  EXPECT_EQ(ask("DELETE", "").status, 405) << "no request removes them all";
  EXPECT_TRUE(bans.changes.empty());
}

}  // namespace
}  // namespace tenon::admin
