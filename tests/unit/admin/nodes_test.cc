#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

using Json = nlohmann::json;

struct NodeRoutes : testing::Test, FakeParts {
  HttpResponse post(const std::string& path, const std::string& body) {
    return ask_as_owner(api, "POST", path, {}, body);
  }
  Api api{parts(), TokenBook{}};
};

TEST_F(NodeRoutes, ADrainIsOrderedWithWhatIsSaidOfIt) {
  const auto answer =
      post("/api/v1/nodes/1/drain", R"({"rate": 50, "for_good": true, "reason": "a new disk"})");
  EXPECT_EQ(answer.status, 200);
  ASSERT_EQ(nodes.drained.size(), 1u);
  EXPECT_EQ(nodes.drained[0].node, "1");
  EXPECT_EQ(nodes.drained[0].rate, 50u);
  EXPECT_TRUE(nodes.drained[0].is_for_good);
  EXPECT_EQ(nodes.drained[0].reason, "a new disk");
  EXPECT_EQ(nodes.drained[0].by, "owner");
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json.at("drain").at("phase"), "clients");
  EXPECT_EQ(json.at("load").at("leaders"), 2);
}

TEST_F(NodeRoutes, WhatIsNotSaidOfADrainIsLeftToTheNode) {
  EXPECT_EQ(post("/api/v1/nodes/1/drain", "{}").status, 200);
  EXPECT_EQ(nodes.drained.at(0).rate, std::nullopt);
  EXPECT_FALSE(nodes.drained.at(0).is_for_good);
}

TEST_F(NodeRoutes, ADrainThatMakesNoSenseIsRefused) {
  for (const char* body :
       {R"({"rate": 0})", R"({"rate": 100001})", R"({"rat": 1})", "[]", R"({"rate": "1"})"})
    EXPECT_EQ(post("/api/v1/nodes/1/drain", body).status, 400) << body;
  EXPECT_TRUE(nodes.drained.empty());
}

TEST_F(NodeRoutes, ARemovalHasToBeMeant) {
  for (const char* body : {"{}", R"({"confirm": false})", R"({"confirm": "yes"})"})
    EXPECT_EQ(post("/api/v1/nodes/1/remove", body).status, 400) << body;
  EXPECT_TRUE(nodes.removed.empty());
  EXPECT_EQ(post("/api/v1/nodes/1/remove", R"({"confirm": true, "reason": "burnt"})").status, 200);
  EXPECT_EQ(nodes.removed.at(0).reason, "burnt");
}

TEST_F(NodeRoutes, WhatSpeaksAgainstAnOrderIsAConflict) {
  EXPECT_EQ(post("/api/v1/nodes/77/remove", R"({"confirm": true})").status, 409);
  EXPECT_EQ(post("/api/v1/nodes/x/resume", "{}").status, 404);
}

TEST_F(NodeRoutes, AnOrderIsForTheVersionThatItWants) {
  const HttpResponse shown = ask_as_owner(api, "GET", "/api/v1/nodes/1");
  EXPECT_EQ(Json::parse(shown.body).at("version"), 5);
  EXPECT_EQ(etag_in(shown), "\"5\"");
  EXPECT_EQ(ask_as_owner(api, "GET", "/api/v1/nodes/none").status, 404);
  const auto order = [&](const std::string& what, const std::string& body, const std::string& match) {
    HttpFields fields;
    if (!match.empty()) fields.emplace_back("If-Match", match);
    return ask_as_owner(api, "POST", "/api/v1/nodes/1/" + what, {}, body, fields).status;
  };
  for (const std::string what : {"drain", "resume", "remove"}) {
    const std::string more = what == "remove" ? R"(, "confirm": true})" : "}";
    EXPECT_EQ(order(what, R"({"version": 5)" + more, ""), 200) << what;
    EXPECT_EQ(order(what, R"({"version": 4)" + more, ""), 409) << what;
    EXPECT_EQ(order(what, R"({"reason": "x")" + more, "\"5\""), 200) << what;
    EXPECT_EQ(order(what, R"({"reason": "x")" + more, "\"4\""), 412) << what;
    EXPECT_EQ(order(what, R"({"version": 5)" + more, "\"5\""), 400) << what;
    EXPECT_EQ(order(what, R"({"reason": "x")" + more, "5"), 400) << what;
    EXPECT_EQ(order(what, R"({"version": -1)" + more, ""), 400) << what;
  }
  nodes.is_in_the_way = true;
  EXPECT_EQ(order("drain", "{}", "\"5\""), 409) << "its version is not what speaks against it";
}

TEST_F(NodeRoutes, TheListShowsWhatIsKnown) {
  const Json json = Json::parse(ask_as_owner(api, "GET", "/api/v1/nodes").body);
  EXPECT_EQ(json.at("nodes").size(), 2u);
  EXPECT_FALSE(json.at("nodes")[1].contains("load"));
  EXPECT_EQ(json.at("missing_nodes"), Json::array({"3"}));
}

}  // namespace
}  // namespace tenon::admin
