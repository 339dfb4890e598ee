#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct ConfigRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = {}) {
    return ask_as_owner(api, method, path, {}, body);
  }
  nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }
  Api api{parts(), TokenBook{}};
};

TEST_F(ConfigRoutes, ValuesAreShownWithTheirOrigins) {
  const auto shown = json(ask("GET", "/api/v1/config"));
  EXPECT_EQ(shown["values"][1]["value"], 2);
  EXPECT_EQ(shown["values"][1]["origin"], "/etc/tenon/conf.d/10.json:3");
  EXPECT_EQ(shown["values"][1]["changes_by"], "restart");
  EXPECT_EQ(shown["values"][1]["is_waiting"], true);
  EXPECT_EQ(shown["values"][0]["changes_by"], "reload");
  EXPECT_EQ(shown["files"][0], "/etc/tenon/conf.d/10.json");
}

TEST_F(ConfigRoutes, WhatARuleSaysOfABalancerTakesThePlaceOfWhatFilesSay) {
  config.more = {{"plugins.replica-cnt.options.grace_s", "60", "b.json:1", false, false},
                 {"stores.inbox.balancers.replica-cnt.enable", "true", "default", true, false},
                 {"stores.inbox.balancers.replica-cnt.order", "10", "b.json:2", true, true},
                 {"stores.inbox.balancers.range-split.order", "30", "b.json:3", true, false},
                 {"stores.meta.voters", "3", "default", true, false}};
  rules.list->rules[0].values = {{"enable", "true", "default"},
                                 {"order", "3", "rule 12"},
                                 {"options.grace_s", "300", "rule 12"},
                                 {"options.zones", R"({"a":{"weight":2}})", "rule 12"}};
  std::vector<std::string> shown;
  const auto values = json(ask("GET", "/api/v1/config"))["values"];
  for (const auto& value : values) {
    const auto key = value["key"].get<std::string>();
    if (!key.starts_with("stores.")) continue;
    shown.push_back(key + "=" + value["value"].dump() + " " + value["origin"].get<std::string>() + " " +
                    value["changes_by"].get<std::string>() + (value["is_waiting"].get<bool>() ? "!" : ""));
    if (value.contains("wins_over"))
      shown.back() += " over " + value["wins_over"]["value"].dump() + " " +
                      value["wins_over"]["origin"].get<std::string>();
  }
  EXPECT_THAT(
      shown,
      ElementsAre("stores.inbox.balancers.replica-cnt.enable=true default restart",
                  "stores.inbox.balancers.replica-cnt.order=3 rule 12 rule over 10 b.json:2",
                  "stores.inbox.balancers.replica-cnt.options.grace_s=300 rule 12 rule over 60 b.json:1",
                  "stores.inbox.balancers.replica-cnt.options.zones.a.weight=2 rule 12 rule",
                  "stores.inbox.balancers.range-split.order=30 b.json:3 restart",
                  "stores.meta.voters=3 default restart"));
}

TEST_F(ConfigRoutes, ARuleOfABalancerThatNoFileHasGetsKeysBehindThoseOfItsStore) {
  config.more = {{"stores.inbox.voters", "3", "default", true, false},
                 {"stores.meta.voters", "3", "default", true, false}};
  rules.list->rules[0].values = {{"enable", "true", "rule 12"}};
  const auto values = json(ask("GET", "/api/v1/config"))["values"];
  EXPECT_EQ(values[4]["key"], "stores.inbox.balancers.replica-cnt.enable");
  EXPECT_FALSE(values[4].contains("wins_over"));
}

TEST_F(ConfigRoutes, WhatIsSecretInARuleIsShownNowhere) {
  config.more = {{"stores.inbox.balancers.replica-cnt.options.api_key", R"("***")", "b.json:1", true, false}};
  rules.list->rules[0].values = {
      {"options.api_key", R"("s3cret")", "rule 12"},
      {"options.password", R"({"is":"s3cret"})", "rule 12"},
      {"options.zones", R"({"a":{"auth_token":"s3cret","weight":2},"b":[{"psk":"s3cret"}]})", "rule 12"},
      {"options.db_secret", R"("s3cret")", "b.json:4"},
      {"options.password_file", R"("/etc/p")", "rule 12"}};
  const HttpResponse shown = ask("GET", "/api/v1/config");
  EXPECT_THAT(shown.body, Not(HasSubstr("s3cret")));
  std::map<std::string, nlohmann::json> values;
  const auto all = json(shown)["values"];
  for (const auto& value : all) values[value["key"].get<std::string>()] = value["value"];
  const std::string options = "stores.inbox.balancers.replica-cnt.options.";
  EXPECT_EQ(values[options + "api_key"], "***");
  EXPECT_EQ(values[options + "password"], "***");
  EXPECT_EQ(values[options + "zones.a.auth_token"], "***");
  EXPECT_EQ(values[options + "zones.a.weight"], 2);
  EXPECT_EQ(values[options + "password_file"], "/etc/p");
  const HttpResponse listed = ask("GET", "/api/v1/balance/rules");
  EXPECT_EQ(listed.status, 200);
  EXPECT_THAT(listed.body, Not(HasSubstr("s3cret")));
  EXPECT_THAT(listed.body, HasSubstr("***"));
  EXPECT_THAT(listed.body, HasSubstr("/etc/p"));
}

TEST_F(ConfigRoutes, WithoutARuleOrBeforeRulesAreKnownFilesHold) {
  config.more = {{"stores.inbox.balancers.replica-cnt.enable", "true", "default", true, false}};
  rules.list->rules[0].version = 0;
  const auto held = json(ask("GET", "/api/v1/config"))["values"];
  EXPECT_EQ(held[3]["origin"], "default");
  EXPECT_EQ(held.size(), 4u);
  rules.list.reset();
  EXPECT_EQ(json(ask("GET", "/api/v1/config"))["values"], held);
}

TEST_F(ConfigRoutes, AReloadSaysWhatWasTakenAndWhatWaits) {
  const auto report = json(ask("POST", "/api/v1/config/reload", "{}"));
  EXPECT_EQ(report["applied"][0], "log.level");
  EXPECT_EQ(report["restart"][0], "node.workers");
  EXPECT_EQ(report["plugins_refused"][0]["reason"], "no");
  EXPECT_THAT(config.asked_by, ElementsAre("owner"));
}

TEST_F(ConfigRoutes, FilesThatAreWrongAreAConflictThatListsAllErrors) {
  config.errors = {"a.json:1: one", "b.json:2: two"};
  for (const auto& response :
       {ask("POST", "/api/v1/config/reload", "{}"), ask("GET", "/api/v1/config/diff")}) {
    EXPECT_EQ(response.status, 409);
    EXPECT_THAT(response.body, HasSubstr("a.json:1: one"));
    EXPECT_THAT(response.body, HasSubstr("b.json:2: two"));
  }
}

TEST_F(ConfigRoutes, ADifferenceHasWhatIsThereOnEachSide) {
  const auto diff = json(ask("GET", "/api/v1/config/diff"))["changes"];
  EXPECT_EQ(diff[0]["before"], 2);
  EXPECT_EQ(diff[0]["after"], 4);
  EXPECT_FALSE(diff[1].contains("before"));
  EXPECT_FALSE(diff[2].contains("after") || diff[2].contains("origin"));
}

TEST_F(ConfigRoutes, ReportsOfWhatWasGivenUpAreListed) {
  const auto list = json(ask("GET", "/api/v1/reports"))["reports"];
  EXPECT_EQ(list, nlohmann::json::parse(R"([{"file": "/data/reports/given-up-5-1.jsonl", "range": "5",
                                             "incarnation": "1", "bytes": 1234}])"));
  reports.failure = Error{Errc::io, "the disk is gone"};
  EXPECT_EQ(ask("GET", "/api/v1/reports").status, 500);
  reports.failure = Error{Errc::busy, "too many"};
  EXPECT_EQ(ask("GET", "/api/v1/reports").status, 503);
}

TEST_F(ConfigRoutes, LevelsOfTheLogAreShownAndSet) {
  const auto set = json(ask("PUT", "/api/v1/log/levels/link", R"({"level": "debug", "duration_s": 5})"));
  EXPECT_EQ(set["areas"][0]["remaining_s"], 5);
  EXPECT_FALSE(set["areas"][1].contains("remaining_s"));
  EXPECT_THAT(log.set, ElementsAre("link debug 5 owner"));
  EXPECT_EQ(ask("PUT", "/api/v1/log/levels/none", R"({"level": "debug"})").status, 400);
  EXPECT_EQ(ask("PUT", "/api/v1/log/levels/link", R"({"duration_s": 5})").status, 400);
  EXPECT_EQ(ask("PUT", "/api/v1/log/levels/link", R"({"level": "debug", "duration_s": 86401})").status, 400);
}

TEST_F(ConfigRoutes, ALevelIsSetForTheVersionThatIsWanted) {
  const HttpResponse levels = ask("GET", "/api/v1/log/levels");
  EXPECT_EQ(etag_in(levels), "\"8\"");
  EXPECT_EQ(json(levels)["version"], 8);
  const auto put = [&](const std::string& body, HttpFields fields) {
    return ask_as_owner(api, "PUT", "/api/v1/log/levels/link", {}, body, std::move(fields)).status;
  };
  EXPECT_EQ(put(R"({"level": "debug", "version": 8})", {}), 200);
  EXPECT_EQ(put(R"({"level": "debug"})", {{"If-Match", "\"8\""}}), 200);
  EXPECT_EQ(put(R"({"level": "debug", "version": 7})", {}), 409);
  EXPECT_EQ(put(R"({"level": "debug"})", {{"If-Match", "\"7\""}}), 412);
  EXPECT_EQ(put(R"({"level": "debug", "version": 8})", {{"If-Match", "\"8\""}}), 400);
  EXPECT_EQ(log.set.size(), 2u);
}

TEST_F(ConfigRoutes, PluginsAreListedAndShown) {
  const auto all = json(ask("GET", "/api/v1/plugins"))["plugins"];
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["health_reason"], "the password file is old");
  EXPECT_EQ(json(ask("GET", "/api/v1/plugins/tcp"))["counters"]["calls"], 12);
  EXPECT_EQ(ask("GET", "/api/v1/plugins/none").status, 404);
}

TEST(ApiTokens, ThoseThatWereSetLastLetIn) {
  FakeParts fakes;
  Api api(fakes.parts(), TokenBook({{"old", Role::viewer, std::string(64, 'o')}}));
  const auto status = [&](char letter) {
    const HttpRequest request{.method = "GET",
                              .path = "/api/v1/status",
                              .query = {},
                              .fields = {{"Authorization", "Bearer " + std::string(64, letter)}},
                              .body = {},
                              .peer = PeerTrust::remote};
    const auto refused = api.refuse(request);
    return refused ? refused->status : 200;
  };
  EXPECT_EQ(status('o'), 200);
  EXPECT_EQ(status('n'), 401);
  api.set_tokens(TokenBook({{"new", Role::viewer, std::string(64, 'n')}}));
  EXPECT_EQ(status('o'), 401);
  EXPECT_EQ(status('n'), 200);
}

}  // namespace
}  // namespace tenon::admin
