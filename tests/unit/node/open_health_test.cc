#include "node/open_health.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using observe::HealthState;

observe::HealthCondition shown(const OpenFacts& facts) {
  observe::Health health;
  health.set("node", HealthState::failed, "starting");
  show_open(health, facts);
  return health.report().conditions.at(0);
}

TEST(OpenHealth, IsOkOnlyOnceNothingLacks) {
  EXPECT_EQ(shown({"", true, true}).state, HealthState::ok);
  EXPECT_EQ(shown({"", false, true}).state, HealthState::degraded);
  EXPECT_EQ(shown({"", true, false}).state, HealthState::degraded);
  EXPECT_EQ(shown({"the port is taken", true, true}).state, HealthState::failed);
}

TEST(OpenHealth, SaysThatBansAreNotKnownOfANodeThatHasCaughtUp) {
  EXPECT_NE(shown({"", true, false}).reason.find("does not know who is banned"), std::string::npos);
}

}  // namespace
}  // namespace tenon::node
