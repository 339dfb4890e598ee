#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

struct TrafficRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = {},
                   HttpFields fields = {}) {
    return ask_as_owner(api, method, "/api/v1/traffic" + path, "", body, std::move(fields));
  }
  std::string etag_of(const HttpResponse& response) {
    for (const auto& [name, value] : response.fields)
      if (name == "ETag") return value;
    return {};
  }
  Api api{parts(), TokenBook{}};
};

TEST_F(TrafficRoutes, ADirectiveIsSetShownAndTakenBack) {
  const HttpResponse response =
      ask("PUT", "/directives/mqtt/acme-%2A",
          R"({"weights": {"blue": 3, "green": 0}, "reason": "noise", "version": 0})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(etag_of(response), "\"12\"");
  ASSERT_EQ(traffic.changes.size(), 1u);
  EXPECT_EQ(traffic.changes[0].name.service, "mqtt");
  EXPECT_EQ(traffic.changes[0].name.tenants, "acme-*");
  EXPECT_EQ(traffic.changes[0].weights, (std::map<std::string, std::uint32_t>{{"blue", 3}, {"green", 0}}));
  EXPECT_EQ(traffic.changes[0].reason, "noise");
  EXPECT_EQ(traffic.changes[0].version, 0u);
  EXPECT_EQ(traffic.changes[0].by, "owner");
  EXPECT_EQ(etag_of(ask("GET", "/directives/mqtt/acme")), "\"12\"");
  EXPECT_EQ(ask("GET", "/directives/mqtt/none").status, 404);
  EXPECT_EQ(ask("DELETE", "/directives/mqtt/acme").status, 200);
  EXPECT_TRUE(traffic.changes[1].removes);
  EXPECT_FALSE(traffic.changes[1].version);
}

TEST_F(TrafficRoutes, GroupsAreSetAndTakenBack) {
  const HttpResponse response = ask("PUT", "/groups/a1", R"({"groups": ["blue", "red"]})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(etag_of(response), "\"15\"");
  EXPECT_EQ(traffic.group_changes[0].groups, (std::vector<std::string>{"blue", "red"}));
  EXPECT_EQ(ask("PUT", "/groups/a1", R"({"groups": []})").status, 200);
  EXPECT_EQ(ask("DELETE", "/groups/a1", {}, {{"If-Match", "\"15\""}}).status, 200);
  EXPECT_TRUE(traffic.group_changes[2].removes);
  EXPECT_EQ(traffic.group_changes[2].version, 15u);
}

TEST_F(TrafficRoutes, AChangeWantsTheVersionThatItsHeaderSays) {
  const std::string body = R"({"weights": {"blue": 1}})";
  EXPECT_EQ(ask("PUT", "/directives/mqtt/acme", body, {{"If-Match", "\"7\""}}).status, 200);
  EXPECT_EQ(ask("PUT", "/directives/mqtt/acme", body, {{"If-None-Match", "*"}}).status, 200);
  EXPECT_EQ(ask("DELETE", "/directives/mqtt/acme", {}, {{"If-Match", "\"12\""}}).status, 200);
  ASSERT_EQ(traffic.changes.size(), 3u);
  EXPECT_EQ(traffic.changes[0].version, 7u);
  EXPECT_EQ(traffic.changes[1].version, 0u);
  EXPECT_EQ(traffic.changes[2].version, 12u);
  EXPECT_EQ(ask("PUT", "/directives/mqtt/acme", body, {{"If-Match", "7"}}).status, 400);
  EXPECT_EQ(
      ask("PUT", "/directives/mqtt/acme", R"({"weights": {}, "version": 7})", {{"If-Match", "\"7\""}}).status,
      400);
  traffic.failure = Error{Errc::exists, "it has version 9"};
  EXPECT_EQ(ask("PUT", "/directives/mqtt/acme", body, {{"If-Match", "\"7\""}}).status, 412);
  EXPECT_EQ(ask("PUT", "/directives/mqtt/acme", R"({"weights": {"blue": 1}, "version": 7})").status, 409);
  EXPECT_EQ(ask("DELETE", "/groups/a1", {}, {{"If-Match", "\"7\""}}).status, 412);
}

TEST_F(TrafficRoutes, AllIsListed) {
  const auto all = nlohmann::json::parse(ask("GET", "").body);
  EXPECT_EQ(all["directives"][0]["weights"], (nlohmann::json{{"blue", 3}, {"green", 0}}));
  EXPECT_EQ(all["nodes"][0]["serves"][0]["clients"], 17);
  EXPECT_FALSE(all["nodes"][0].contains("by")) << "nobody has said it";
  EXPECT_EQ(all["nodes"][1]["reason"], "moved");
  EXPECT_EQ(all["away"][0]["id"], "a3");
  EXPECT_EQ(all["missing_nodes"][0], "a4");
  EXPECT_EQ(all["audit"][0]["action"], "set");
}

TEST_F(TrafficRoutes, WhatMakesNoSenseIsRefused) {
  for (const auto& [body, why] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{}", "weights"},
           {R"({"weights": []})", "weights"},
           {R"({"weights": {"blue": -1}})", "weights"},
           {R"({"weights": {"blue": 1.5}})", "weights"},
           {R"({"weights": {"blue": 1}, "until": 7})", "until"}}) {
    const HttpResponse response = ask("PUT", "/directives/mqtt/acme", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(response.body, HasSubstr(why));
  }
  for (const char* body : {"{}", R"({"groups": "blue"})", R"({"groups": [1]})"})
    EXPECT_EQ(ask("PUT", "/groups/a1", body).status, 400) << body;
  EXPECT_TRUE(traffic.changes.empty());
  EXPECT_TRUE(traffic.group_changes.empty());
}

}  // namespace
}  // namespace tenon::admin
