#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

struct AuditRoutes : testing::Test, FakeParts {
  HttpResponse list(const std::string& query) { return ask_as_owner(api, "GET", "/api/v1/audit", query); }
  Api api{parts(), TokenBook{}};
};

TEST_F(AuditRoutes, ChangesAreListedPageByPage) {
  const auto first = nlohmann::json::parse(list("limit=2").body);
  ASSERT_EQ(first["entries"].size(), 2u);
  EXPECT_EQ(first["entries"][0]["path"], "bans/client/meter-*");
  EXPECT_EQ(first["entries"][0]["action"], "set");
  EXPECT_EQ(first["entries"][1]["action"], "removed");
  EXPECT_EQ(audit.queries[0].limit, 2u);
  EXPECT_FALSE(audit.queries[0].before);
  const auto rest = nlohmann::json::parse(list("cursor=" + first["cursor"].get<std::string>()).body);
  EXPECT_EQ(audit.queries[1].before, 2u);
  EXPECT_FALSE(rest.contains("cursor"));
}

TEST_F(AuditRoutes, AQueryThatMakesNoSenseIsRefused) {
  for (const char* query : {"cursor=", "cursor=zz", "cursor=61", "limit=0", "limit=1001", "since=1"})
    EXPECT_EQ(list(query).status, 400) << query;
  EXPECT_TRUE(audit.queries.empty());
}

}  // namespace
}  // namespace tenon::admin
