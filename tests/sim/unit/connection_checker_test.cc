#include "sim/checkers/connection_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

struct ConnectionCheckerTest : testing::Test {
  void come(std::uint64_t number, std::uint32_t node) {
    (void)world.events().step(world.now_ns() + ns_per_s);
    checker.on_connected(number, "id", node);
    checker.on_live(number);
  }

  World world{1, false};
  ConnectionChecker checker{world};
};

TEST_F(ConnectionCheckerTest, OlderOneThatEndsForANewerOneIsNoFailure) {
  come(1, 0);
  come(2, 1);
  checker.on_taken_over(1);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, NewerOneMayNotEndForAnOlderOne) {
  come(1, 0);
  come(2, 1);
  checker.on_taken_over(2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, TwoOfOneClientAreNotToStay) {
  come(1, 0);
  come(2, 1);
  checker.look_at_healed_world();
  EXPECT_TRUE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, NodeThatIsDownHasNone) {
  come(1, 0);
  come(2, 1);
  checker.on_node_down(0);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, OlderOneMayStayWhenTheNodeOfAllNewerOnesIsDown) {
  come(1, 0);
  come(2, 1);
  come(3, 1);
  checker.on_taken_over(2);
  checker.on_node_down(1);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, OlderOneMayStayWhenItsClientHasLeftTheLastOne) {
  come(1, 0);
  come(2, 1);
  checker.on_over(2);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, OneMayEndForOneThatWaitedForItAndWasLeft) {
  come(1, 0);
  checker.on_connected(2, "id", 0);
  checker.on_over(2);
  checker.on_taken_over(1);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ConnectionCheckerTest, OneThatWaitedGivesWayToOneThatCameBehindIt) {
  checker.on_connected(1, "id", 0);
  checker.on_connected(2, "id", 0);
  checker.on_taken_over(1);
  checker.on_live(2);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
