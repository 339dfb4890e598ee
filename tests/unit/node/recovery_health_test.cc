#include "node/recovery_health.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::node {
namespace {

store::RangeView range(std::uint64_t number) {
  store::RangeView view;
  view.id = {number, 1};
  view.has_replica = true;
  return view;
}

TEST(RecoveryHealth, NothingIsShownWhereNothingWasRecoveredBySilence) {
  observe::Health health;
  show_recoveries(health, std::vector{range(1)});
  EXPECT_TRUE(health.report().conditions.empty());
}

TEST(RecoveryHealth, RangesThatAreProvisionalAreNamedWithThoseWhoWereSilentUntilThatIsDecided) {
  std::vector<store::RangeView> ranges{range(1), range(2), range(3)};
  for (const std::size_t place : {0, 2}) {
    ranges[place].is_provisional = true;
    ranges[place].missing = {kv::NodeId{0xa1}, kv::NodeId{0xa2}};
  }
  observe::Health health;
  show_recoveries(health, ranges);
  const auto report = health.report();
  ASSERT_EQ(report.conditions.size(), 1u);
  EXPECT_TRUE(report.ready);
  EXPECT_EQ(report.conditions[0].name, "recovery");
  EXPECT_EQ(report.conditions[0].state, observe::HealthState::degraded);
  EXPECT_NE(report.conditions[0].reason.find(
                "ranges 1, 3; silent were the nodes 00000000000000a1, 00000000000000a2; "),
            std::string::npos)
      << report.conditions[0].reason;
  for (store::RangeView& one : ranges) one.is_provisional = false;
  show_recoveries(health, ranges);
  EXPECT_TRUE(health.report().conditions.empty());
}

TEST(RecoveryHealth, WhatIsKeptAsideIsNamed) {
  std::vector<store::RangeView> ranges{range(1), range(2)};
  ranges[1].is_kept = true;
  EXPECT_NE(recovery_trouble(ranges).find("replicas of ranges 2, as others"), std::string::npos);
  ranges[0].is_provisional = true;
  EXPECT_NE(recovery_trouble(ranges).find("range recover ID --confirm). kept aside"), std::string::npos);
}

}  // namespace
}  // namespace tenon::node
