#include <gtest/gtest.h>

#include <algorithm>

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

// Many groups lose their leader with one node; they must not all campaign in the same tick.
TEST_F(Quiescence, CampaignsForADeadLeaderAreSpreadOut) {
  std::vector<int> ticks;
  for (int i = 0; i < 20; ++i) {
    stage.crash(3);
    stage.restart(3);
    stage.tick_all(40);
    ASSERT_TRUE(all_asleep());
    stage.isolate(3);
    stage.group(3).peer_liveness(NodeId{1}, Liveness::down);
    stage.run(3);
    int waited = 0;
    while (stage.group(3).status().soft.role == Role::follower) {
      stage.tick(3);
      ++waited;
    }
    EXPECT_LE(waited, 10);
    ticks.push_back(waited);
    stage.heal();
  }
  EXPECT_NE(std::minmax_element(ticks.begin(), ticks.end()).first,
            std::minmax_element(ticks.begin(), ticks.end()).second);
  EXPECT_GT(std::set<int>(ticks.begin(), ticks.end()).size(), 3u);
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
