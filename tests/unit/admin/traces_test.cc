#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct TraceRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = {},
                   const std::string& query = {}) {
    return ask_as_owner(api, method, "/api/v1/traces" + path, query, body);
  }
  nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }
  Api api{parts(), TokenBook{}};
};

TEST_F(TraceRoutes, ATraceIsBegunWithItsFilterAndItsLimits) {
  const auto begun = ask("POST", "", R"({"client": "meter-*", "topic": "a/#", "address": "192.0.2.0/24",
      "lines_max": 10, "bytes_max": 2000, "duration_s": 5})");
  EXPECT_EQ(json(begun)["id"], "1");
  ASSERT_EQ(traces.orders.size(), 1u);
  const TraceOrder& order = traces.orders[0];
  EXPECT_EQ(order.client + " " + order.topic + " " + order.address, "meter-* a/# 192.0.2.0/24");
  EXPECT_EQ(order.lines_max, 10u);
  EXPECT_EQ(order.bytes_max, 2000u);
  EXPECT_EQ(order.duration_s, 5u);
  EXPECT_EQ(order.by, "owner");
  EXPECT_EQ(ask("POST", "", R"({"client": "c"})").status, 200);
  EXPECT_EQ(traces.orders[1].lines_max, 1000u);
}

TEST_F(TraceRoutes, NothingIsTracedByOmission) {
  for (const auto& [body, why] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{}", "one of"},
           {R"({"client": ""})", "one of"},
           {R"({"topic": "a/#/b"})", "no topic filter"},
           {R"({"client": "c", "lines_max": 10001})", "lines_max"},
           {R"({"client": "c", "bytes_max": 4194305})", "bytes_max"},
           {R"({"client": "c", "duration_s": 3601})", "duration_s"}}) {
    const HttpResponse response = ask("POST", "", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(response.body, HasSubstr(why));
  }
  EXPECT_TRUE(traces.orders.empty());
}

TEST_F(TraceRoutes, LinesAreReadPageByPage) {
  const auto page = json(ask("GET", "/1", {}, "limit=7&cursor=6b"));
  EXPECT_THAT(traces.shown, ElementsAre("1 k 7"));
  EXPECT_EQ(page["lines"][1]["way"], "sent");
  EXPECT_EQ(page["cursor"], "6b");
  EXPECT_EQ(page["missing_nodes"][0], "a3");
  EXPECT_EQ(ask("GET", "/none").status, 404);
  EXPECT_EQ(ask("POST", "/none/stop", "{}").status, 404);
  EXPECT_EQ(json(ask("POST", "/1/stop", "{}"))["line_count"], 2);
  EXPECT_EQ(json(ask("GET", ""))["traces"].size(), 1u);
}

}  // namespace
}  // namespace tenon::admin
