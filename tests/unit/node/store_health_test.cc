#include "node/store_health.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using observe::HealthState;

// "STATE:REASON" of the condition; empty: there is none.
std::string shown(const observe::Health& health) {
  const auto report = health.report();
  if (report.conditions.empty()) return {};
  return std::string(to_string(report.conditions[0].state)) + ":" + report.conditions[0].reason;
}

TEST(StoreHealth, TheWorstOfAllIsShownUntilItIsClearedAndThenTheNext) {
  observe::Health health;
  StoreHealth store(health);
  EXPECT_EQ(shown(health), "");
  store.set("range 7", HealthState::degraded, "its log is damaged");
  store.set("state", HealthState::failed, "state: no room");
  EXPECT_EQ(shown(health), "failed:state: no room");
  EXPECT_TRUE(store.clear("state"));
  EXPECT_EQ(shown(health), "degraded:its log is damaged");
  EXPECT_TRUE(store.clear("range 7"));
  EXPECT_EQ(shown(health), "ok:");
}

TEST(StoreHealth, WhatWasNoTroubleIsNotCleared) {
  observe::Health health;
  StoreHealth store(health);
  EXPECT_FALSE(store.clear("state"));
  EXPECT_EQ(shown(health), "");
}

TEST(StoreHealth, AClosedStoreIsDamageUntilAllOfItIsOpenAgain) {
  observe::Health health;
  StoreHealth store(health);
  for (const char* range : {"range 1", "range 2"}) {
    store.set(range, HealthState::degraded, "its log is damaged");
    store.set_closed(range, "dist");
  }
  EXPECT_EQ(shown(health).substr(0, 27), "failed:store dist is closed");
  EXPECT_FALSE(health.report().ready);
  EXPECT_TRUE(store.clear("range 1"));
  EXPECT_FALSE(health.report().ready);
  EXPECT_TRUE(store.clear("range 2"));
  EXPECT_EQ(shown(health), "ok:");
  EXPECT_TRUE(health.report().ready);
}

}  // namespace
}  // namespace tenon::node
