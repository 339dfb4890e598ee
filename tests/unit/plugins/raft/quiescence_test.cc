#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

Options sleepy() {
  Options options = Stage::quick();
  options.quiesce_ticks = 5;
  return options;
}

class Quiescence : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(stage.campaign(1)); }

  bool all_asleep() {
    return stage.group(1).quiesced() && stage.group(2).quiesced() && stage.group(3).quiesced();
  }

  Stage stage{3, sleepy()};
};

TEST_F(Quiescence, IdleGroupFallsAsleepAndSaysNothing) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  stage.take_trace();
  stage.tick_all(1000);
  EXPECT_EQ(stage.take_trace(), "");
  EXPECT_TRUE(stage.group(1).leading());
}

TEST_F(Quiescence, BusyGroupStaysAwake) {
  for (int i = 0; i < 50; ++i) {
    stage.propose(1, "x");
    stage.tick_all();
    EXPECT_FALSE(stage.group(1).quiesced());
  }
}

TEST_F(Quiescence, FollowerThatLagsKeepsItsLeaderAwake) {
  stage.isolate(3);
  stage.propose(1, "x");
  stage.settle();
  stage.tick_all(50);
  EXPECT_FALSE(stage.group(1).quiesced());
  stage.heal();
  stage.tick_all(20);
  EXPECT_TRUE(all_asleep());
  EXPECT_EQ(stage.group(3).applied(), stage.group(1).applied());
}

// The follower has the last word: told to sleep though it lags, it answers instead.
TEST_F(Quiescence, FollowerThatIsNotLevelRefusesToSleep) {
  Message order;
  order.type = MessageType::heartbeat;
  order.from = NodeId{1};
  order.term = stage.group(1).term();
  order.quiesce = true;
  order.index = 99;
  order.log_term = order.term;
  stage.step(2, order);
  EXPECT_FALSE(stage.group(2).quiesced());
  EXPECT_EQ(stage.take(MessageType::heartbeat_response).size(), 1u);
}

TEST_F(Quiescence, ProposalWakesTheGroup) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  ASSERT_EQ(stage.propose(1, "x").status, ProposeStatus::accepted);
  stage.settle();
  EXPECT_EQ(stage.group(3).commit(), stage.group(1).last_index());
  EXPECT_FALSE(stage.group(3).quiesced());
}

TEST_F(Quiescence, ReadAtAFollowerWakesTheLeader) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  stage.group(2).read_index(7);
  stage.run(2);
  stage.settle();
  ASSERT_EQ(stage.reads(2).size(), 1u);
  EXPECT_EQ(stage.reads(2).front().status, ReadStatus::ready);
}

TEST_F(Quiescence, RestartedFollowerFindsItsLeaderAgain) {
  stage.tick_all(8);
  stage.crash(3);
  stage.restart(3);
  stage.tick_all(40);
  EXPECT_EQ(stage.group(3).leader(), NodeId{1});
  EXPECT_TRUE(stage.group(1).leading());
  EXPECT_TRUE(all_asleep());
}

TEST_F(Quiescence, FollowersOfADeadLeaderElectAnother) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  stage.crash(1);
  stage.tick_all(100);
  EXPECT_TRUE(stage.group(2).quiesced());
  for (const std::uint32_t node : {2u, 3u}) {
    stage.group(node).peer_liveness(NodeId{1}, Liveness::down);
    stage.run(node);
  }
  stage.tick_all(40);
  EXPECT_TRUE(stage.group(2).leading() || stage.group(3).leading());
}

// How many ticks pass until the node stands for the leader, node 1, whose node is gone.
int ticks_until_it_stands(std::uint64_t group_salt, std::uint32_t node) {
  Options options = sleepy();
  options.group_salt = group_salt;
  Stage stage(3, options);
  EXPECT_TRUE(stage.campaign(1));
  stage.tick_all(8);
  stage.isolate(node);
  stage.group(node).peer_liveness(NodeId{1}, Liveness::down);
  stage.run(node);
  int waited = 0;
  while (stage.group(node).status().soft.role == Role::follower && waited < 100) {
    stage.tick(node);
    ++waited;
  }
  return waited;
}

TEST(CampaignForADeadLeader, HeirsStandOneAfterAnother) {
  EXPECT_LE(ticks_until_it_stands(0, 2), 2);
  EXPECT_GT(ticks_until_it_stands(0, 3), 2);
  EXPECT_LE(ticks_until_it_stands(0, 3), 4);
}

// Many groups lose their leader with one node; they must not all go to the same other one.
TEST(CampaignForADeadLeader, AnotherOneIsFirstInOtherGroups) {
  EXPECT_LE(ticks_until_it_stands(1, 3), 2);
  EXPECT_GT(ticks_until_it_stands(1, 2), 2);
}

// A node that is down keeps no group of others awake.
TEST_F(Quiescence, GroupSleepsWithoutADeadFollower) {
  stage.crash(3);
  stage.propose(1, "x");
  stage.settle();
  stage.group(1).peer_liveness(NodeId{3}, Liveness::down);
  stage.tick_all(20);
  EXPECT_TRUE(stage.group(1).quiesced());
  EXPECT_TRUE(stage.group(2).quiesced());
  stage.restart(3);
  stage.group(1).peer_liveness(NodeId{3}, Liveness::up);
  stage.tick_all(40);
  EXPECT_EQ(stage.group(3).applied(), stage.group(1).applied());
  EXPECT_TRUE(all_asleep());
}

// Nothing is written meanwhile, so nothing but heartbeats can show that it is level still.
TEST_F(Quiescence, GroupSleepsAgainWhenABrokenLinkIsBack) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  stage.group(1).unreachable(NodeId{3});
  for (const Liveness liveness : {Liveness::down, Liveness::up}) {
    stage.group(1).peer_liveness(NodeId{3}, liveness);
    stage.run(1);
  }
  EXPECT_FALSE(stage.group(1).quiesced());
  stage.tick_all(20);
  EXPECT_TRUE(all_asleep());
}

TEST_F(Quiescence, WhoMayHaveLostSomethingIsProbedThoughTheGroupSlept) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  stage.group(1).unreachable(NodeId{3});
  stage.run(1);
  EXPECT_FALSE(stage.group(1).quiesced());
  stage.tick_all(2);
  EXPECT_TRUE(stage.group(1).caught_up(NodeId{3}));
}

TEST_F(Quiescence, LateAnswersDoNotWakeTheLeader) {
  stage.tick_all(8);
  ASSERT_TRUE(all_asleep());
  Message late;
  late.type = MessageType::heartbeat_response;
  late.from = NodeId{2};
  late.term = stage.group(1).term();
  late.context = 1;
  stage.step(1, late);
  EXPECT_TRUE(stage.group(1).quiesced());
}

TEST_F(Quiescence, AnIdleGroupIsSmall) {
  for (int i = 0; i < 100; ++i) {
    stage.propose(1, std::string(100, 'x'));
    stage.settle();
  }
  stage.tick_all(10);
  ASSERT_TRUE(all_asleep());
  EXPECT_LE(stage.group(1).memory_bytes(), 4096u);
  EXPECT_LE(stage.group(2).memory_bytes(), 4096u);
}

}  // namespace
}  // namespace tenon::raft
