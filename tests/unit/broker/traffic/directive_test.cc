#include "broker/traffic/directive.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

std::string found_by(const Directives& directives, std::string_view tenant) {
  const auto found = directives.find(tenant);
  return found ? directives.all()[*found].tenants : "none";
}

TEST(TenantPattern, IsANameOrABeginningOrEverything) {
  for (const char* good : {"acme", "acme-*", "*", "a*", "acme.eu"})
    EXPECT_TRUE(is_tenant_pattern(good)) << good;
  for (const char* bad : {"", "**", "a*b", "*a", "$sys", "a/b*", "+*"})
    EXPECT_FALSE(is_tenant_pattern(bad)) << bad;
}

TEST(Directives, TheOneThatNamesTheTenantCountsThenTheLongestBeginning) {
  const Directives directives({{"*", {}}, {"acme*", {}}, {"acme-eu*", {}}, {"acme-eu-7", {}}});
  EXPECT_EQ(found_by(directives, "acme-eu-7"), "acme-eu-7");
  EXPECT_EQ(found_by(directives, "acme-eu-77"), "acme-eu*");
  EXPECT_EQ(found_by(directives, "acme-eu"), "acme-eu*");
  EXPECT_EQ(found_by(directives, "acme"), "acme*");
  EXPECT_EQ(found_by(directives, "acm"), "*");
  EXPECT_EQ(found_by(directives, "default"), "*");
}

TEST(Directives, ATenantThatNoneIsAboutHasNone) {
  const Directives directives({{"acme-*", {}}, {"acme", {}}});
  EXPECT_EQ(found_by(directives, "acme"), "acme");
  EXPECT_EQ(found_by(directives, "acmes"), "none");
  EXPECT_EQ(found_by(Directives(), "acme"), "none");
}

TEST(Directive, ANodeHasTheHighestWeightOfItsGroups) {
  const Directive directive{"*", {{"blue", 3}, {"green", 1}, {"red", 0}}};
  EXPECT_EQ(directive.weight_of({"blue"}), 3u);
  EXPECT_EQ(directive.weight_of({"red", "green", "blue"}), 3u);
  EXPECT_EQ(directive.weight_of({"red"}), 0u);
  EXPECT_EQ(directive.weight_of({"other"}), 0u) << "what is not named has none";
  EXPECT_EQ(directive.weight_of({}), 0u);
}

}  // namespace
}  // namespace tenon::broker
