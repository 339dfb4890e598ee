#include "sim/checkers/membership_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

using cluster::NodeState;

struct FakeEnd final : NetworkEnd {
  bool is_up() const override { return true; }
  bool is_paused() const override { return paused; }
  void on_message(std::uint32_t, store::PeerMessage, const std::string&) override {}
  void on_link(std::uint32_t, bool, std::uint64_t) override {}
  bool paused = false;
};

struct MembershipCheckerTest : testing::Test {
  MembershipCheckerTest() {
    for (FakeEnd& end : ends) checker.add_node(end);
    for (std::uint32_t node = 0; node < 3; ++node) checker.on_node_up(node, 1);
    for (std::uint32_t at = 0; at < 3; ++at)
      for (std::uint32_t other = 0; other < 3; ++other)
        if (at != other) link(at, other);
  }
  void link(std::uint32_t at, std::uint32_t other, std::uint64_t incarnation = 1) {
    checker.on_peer_up(at, other, incarnation, incarnation);
    say(at, other, NodeState::alive);
  }
  void say(std::uint32_t at, std::uint32_t other, NodeState state) {
    checker.on_state(at, other, {.state = state, .incarnation = 1});
  }
  void cut(std::uint32_t a, std::uint32_t b, bool is_free = false) {
    checker.on_way(a, b, is_free);
    checker.on_way(b, a, is_free);
  }
  void pass(std::int64_t seconds) {
    (void)world.events().step(world.now_ns() + seconds * ns_per_s);
    checker.look();
  }

  World world{1, false};
  FakeEnd ends[3];
  MembershipChecker checker{world};
};

TEST_F(MembershipCheckerTest, AllLinkedWithAllIsNoFailure) {
  pass(60);
  checker.look_at_healed_world();
  EXPECT_FALSE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatIsWellMayNotBeGone) {
  pass(60);
  say(0, 1, NodeState::gone);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatAThirdOneHearsMayNotBeGone) {
  cut(0, 1);
  pass(60);
  EXPECT_FALSE(world.has_failed());
  say(0, 1, NodeState::gone);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatNobodyHearsMayBeGoneUntilItCouldBeHeardForLong) {
  cut(0, 1);
  cut(2, 1);
  pass(60);
  say(0, 1, NodeState::gone);
  EXPECT_FALSE(world.has_failed());
  cut(2, 1, true);
  pass(5);
  EXPECT_FALSE(world.has_failed());
  pass(10);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatComesBackFromAPauseIsToBeTakenIn) {
  pass(60);
  ends[1].paused = true;
  say(0, 1, NodeState::gone);
  pass(60);
  ends[1].paused = false;
  checker.on_node_resumed(1);
  pass(5);
  EXPECT_FALSE(world.has_failed());
  pass(10);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, WhoStoodStillMayNotCallOthersGoneAtOnce) {
  cut(0, 1);
  cut(2, 1);
  checker.on_node_resumed(0);
  pass(2);
  say(0, 1, NodeState::gone);
  EXPECT_FALSE(world.has_failed());
  say(0, 1, NodeState::alive);
  checker.on_node_resumed(0);
  say(0, 1, NodeState::gone);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatAllHeardIsSoonGone) {
  pass(60);
  checker.on_node_down(1);
  for (const std::uint32_t at : {0u, 2u}) say(at, 1, NodeState::suspect);
  pass(4);
  EXPECT_FALSE(world.has_failed());
  pass(2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NodeThatIsDownMayNotStayAlive) {
  pass(60);
  cut(0, 1);
  checker.on_node_down(1);
  say(2, 1, NodeState::gone);
  pass(5);
  EXPECT_FALSE(world.has_failed());
  pass(10);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, NoTwoProcessesSpeakUnderOneId) {
  checker.on_message(0, 1, 1);
  EXPECT_FALSE(world.has_failed());
  checker.on_message(0, 1, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, LinkLeadsToTheStartThatItNames) {
  checker.on_peer_down(0, 1);
  checker.on_peer_up(0, 1, 2, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(MembershipCheckerTest, HealedWorldWantsTheLatestStartLinked) {
  checker.on_node_down(1);
  checker.on_node_up(1, 2);
  for (const std::uint32_t other : {0u, 2u}) link(1, other);
  pass(60);
  EXPECT_FALSE(world.has_failed());
  checker.look_at_healed_world();
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
