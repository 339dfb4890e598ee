#include <gtest/gtest.h>

#include "broker/tenants/tenant_table.h"

namespace tenon::broker {
namespace {

TEST(Share, TakesUpToItsLimitAndAllWithoutOne) {
  Share share;
  EXPECT_TRUE(share.take(3, 5));
  EXPECT_FALSE(share.take(3, 5));
  EXPECT_EQ(share.taken(), 3u);
  EXPECT_TRUE(share.take(2, 5));
  EXPECT_FALSE(share.take(1, 5));
  EXPECT_TRUE(share.take(100, 0));
  share.give_back(105);
  EXPECT_EQ(share.taken(), 0u);
}

TEST(TenantTable, OneTenantForEachNameThatCanBeOne) {
  TenantTable table;
  Tenant* red = table.find("red");
  ASSERT_TRUE(red);
  EXPECT_EQ(table.find("red"), red);
  EXPECT_NE(table.find("blue"), red);
  EXPECT_EQ(table.find("a/b"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
}

TEST(TenantTable, AskingForATenantDoesNotMakeIt) {
  TenantTable table;
  EXPECT_EQ(table.known("red"), nullptr);
  const Tenant* red = table.find("red");
  EXPECT_EQ(table.known("red"), red);
}

TEST(TenantTable, AllAreThoseThatSomebodyHasBeenOf) {
  TenantTable table;
  EXPECT_TRUE(table.all().empty());
  Tenant* red = table.find("red");
  Tenant* blue = table.find("blue");
  EXPECT_EQ(table.all(), (std::vector<Tenant*>{blue, red}));
}

TEST(TenantTable, LimitsAreThoseOfTheNameNowAndLater) {
  TenantTable table({{"red", {.connections_max = 1}}});
  EXPECT_EQ(table.find("red")->limits().connections_max, 1u);
  EXPECT_EQ(table.find("blue")->limits().connections_max, 0u);
  table.set_limits({{"blue", {.connections_max = 2}}, {"new", {.subscriptions_max = 3}}});
  EXPECT_EQ(table.find("red")->limits(), TenantLimits{});
  EXPECT_EQ(table.find("blue")->limits().connections_max, 2u);
  EXPECT_EQ(table.find("new")->limits().subscriptions_max, 3u);
}

TEST(Tenant, IdsOfTwoTenantsNeverReadTheSame) {
  TenantTable table;
  EXPECT_EQ(table.find("default")->directory_id("c"), "c");
  EXPECT_NE(table.find("red")->directory_id("c"), table.find("blue")->directory_id("c"));
  EXPECT_EQ(table.find("red")->directory_id("c"), std::string("red\0c", 5));
}

TEST(Tenant, RateIsSharedAndADebtIsToBeWaitedFor) {
  TenantTable table({{"red", {.message_rate_max = 10}}});
  Tenant& red = *table.find("red");
  const MonoNs now = 100 * ns_per_s;
  EXPECT_EQ(red.spend_messages(10, now), 0);
  EXPECT_EQ(red.spend_messages(5, now), ns_per_s / 2);
  EXPECT_EQ(red.spend_messages(0, now + ns_per_s / 2), 0);
  EXPECT_EQ(red.spend_bytes(1'000'000'000, now), 0);  // no limit of bytes
}

}  // namespace
}  // namespace tenon::broker
