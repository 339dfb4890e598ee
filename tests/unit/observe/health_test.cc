#include "observe/health.h"

#include <gtest/gtest.h>

namespace tenon::observe {
namespace {

TEST(Health, ANodeThatHasNotBegunIsNotReady) {
  EXPECT_FALSE(Health().report().ready);
}

TEST(Health, AFailedConditionMakesTheNodeNotReadyAndADegradedOneDoesNot) {
  Health health;
  health.set("node", HealthState::ok);
  EXPECT_TRUE(health.report().ready);
  health.set("plugin.auth", HealthState::degraded, "the password file is old");
  EXPECT_TRUE(health.report().ready);
  health.set("plugin.auth", HealthState::failed, "the password file is gone");
  const HealthReport report = health.report();
  EXPECT_FALSE(report.ready);
  ASSERT_EQ(report.conditions.size(), 2u);
  EXPECT_EQ(report.conditions[1].name, "plugin.auth");
  EXPECT_EQ(report.conditions[1].reason, "the password file is gone");
}

TEST(Health, SetTellsWhetherTheStateChanged) {
  Health health;
  EXPECT_TRUE(health.set("node", HealthState::failed, "starting"));
  EXPECT_FALSE(health.set("node", HealthState::failed, "still starting"));
  EXPECT_EQ(health.report().conditions[0].reason, "still starting");
  EXPECT_TRUE(health.set("node", HealthState::ok));
}

TEST(Health, ARemovedConditionCountsNoMore) {
  Health health;
  health.set("node", HealthState::ok);
  health.set("plugin.x", HealthState::failed, "gone");
  health.remove("plugin.x");
  health.remove("plugin.y");
  EXPECT_TRUE(health.report().ready);
}

}  // namespace
}  // namespace tenon::observe
