// Leadership transfer (dissertation 3.10).

#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

TransferStatus transfer(Stage& stage, std::uint32_t from, std::uint32_t to) {
  const TransferStatus status = stage.group(from).transfer_leader(NodeId{to});
  stage.run(from);
  return status;
}

TEST(Transfer, VoterThatHasEverythingLeadsAtOnce) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(transfer(stage, 1, 2), TransferStatus::started);
  stage.settle();
  EXPECT_TRUE(stage.group(2).leading());
  EXPECT_FALSE(stage.group(1).leading());
}

TEST(Transfer, VoterThatLagsIsCaughtUpFirst) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(2);
  stage.propose(1, "x");
  stage.settle();
  stage.heal();
  ASSERT_EQ(transfer(stage, 1, 2), TransferStatus::started);
  EXPECT_TRUE(stage.take(MessageType::timeout_now).empty());
  stage.tick_all(3);
  EXPECT_TRUE(stage.group(2).leading());
}

// "Has everything" is what its disk has said, not what was sent to it.
TEST(Transfer, WaitsForTheDiskOfTheTarget) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(2);
  stage.propose(1, "x");
  stage.settle();
  ASSERT_EQ(transfer(stage, 1, 2), TransferStatus::started);
  stage.settle();
  EXPECT_TRUE(stage.group(1).leading());
  stage.quick_disk(2);
  stage.settle();
  EXPECT_TRUE(stage.group(2).leading());
}

TEST(Transfer, ProposalsAreRefusedMeanwhile) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(2);
  transfer(stage, 1, 2);
  EXPECT_EQ(stage.propose(1, "x").status, ProposeStatus::transferring);
  EXPECT_EQ(transfer(stage, 1, 3), TransferStatus::pending);
}

TEST(Transfer, IsGivenUpAfterItsTimeOut) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(2);
  transfer(stage, 1, 2);
  stage.tick_all(11);
  EXPECT_TRUE(stage.group(1).leading());
  EXPECT_EQ(stage.propose(1, "x").status, ProposeStatus::accepted);
}

TEST(Transfer, OnlyToAnotherVoter) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  EXPECT_EQ(transfer(stage, 1, 1), TransferStatus::no_voter);
  EXPECT_EQ(transfer(stage, 1, 9), TransferStatus::no_voter);
  EXPECT_EQ(transfer(stage, 2, 3), TransferStatus::not_leader);
}

// What the leader appended behind its order, the target would not have when it asks for votes.
TEST(Transfer, TheLeaderAppendsNothingMoreEvenToLeaveAJointConfiguration) {
  Stage stage(4);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(3);
  ASSERT_EQ(stage.change(1, {1, 2, 3}).status, ProposeStatus::accepted);
  stage.drop_all();
  const Index joint = stage.group(1).last_index();
  transfer(stage, 1, 2);
  for (const std::uint32_t from : {2, 3}) {
    Message message;
    message.type = MessageType::append_response;
    message.from = NodeId{from};
    message.term = stage.group(1).term();
    message.index = joint;
    stage.step(1, message);
  }
  ASSERT_EQ(stage.group(1).commit(), joint);
  EXPECT_EQ(stage.group(1).last_index(), joint);
  EXPECT_TRUE(stage.group(1).configuration().joint());
  EXPECT_FALSE(stage.take(MessageType::timeout_now).empty());
  // Nothing came of it, so this leader goes on.
  stage.tick_all(11);
  EXPECT_TRUE(stage.group(1).leading());
  EXPECT_FALSE(stage.group(1).configuration().joint());
}

// Others let the target's votes pass though they hear from their leader.
TEST(Transfer, WorksUnderLoad) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(3);
  for (int i = 0; i < 5; ++i) stage.propose(1, "x");
  stage.settle();
  transfer(stage, 1, 2);
  stage.settle();
  stage.quick_disk(3);
  stage.settle();
  EXPECT_TRUE(stage.group(2).leading());
}

// ---- Slow disks

constexpr std::uint32_t slow_disk_ticks = 20;  // twice an election, as the plugin has it

Stage with_slow_disks(std::uint32_t voters = 3) {
  Options options = Stage::quick();
  options.slow_disk_ticks = slow_disk_ticks;
  return Stage(voters, options);
}

TEST(Transfer, LeaderWhoseDiskIsSlowerThanThoseOfAMajorityGivesTheLeadAwayWheneverThatBegins) {
  for (std::uint32_t before = 0; before < Stage::quick().election_ticks; ++before) {
    SCOPED_TRACE(before);
    Stage stage = with_slow_disks();
    ASSERT_TRUE(stage.campaign(1));
    stage.tick_all(before);
    stage.slow_disk(1);
    stage.propose(1, "x");
    stage.settle();
    ASSERT_EQ(stage.group(1).commit(), stage.group(1).last_index());
    stage.tick_all(slow_disk_ticks);
    EXPECT_TRUE(stage.group(1).leading());
    stage.tick_all(3);
    EXPECT_FALSE(stage.group(1).leading());
    EXPECT_TRUE(stage.group(2).leading() || stage.group(3).leading());
  }
}

// What was written meanwhile counts, though something newer waits all the time.
TEST(Transfer, LeaderWhoseDiskIsBehindButKeepsUpGoesOn) {
  Stage stage = with_slow_disks();
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(1);
  for (std::uint32_t i = 0; i < 4 * slow_disk_ticks; ++i) {
    if (i % 10 == 0) stage.quick_disk(1);
    stage.slow_disk(1);
    stage.propose(1, "x");
    stage.tick_all();
  }
  EXPECT_TRUE(stage.group(1).leading());
}

TEST(Transfer, LeaderKeepsTheLeadWhereNoMajorityIsWithoutIt) {
  Stage stage = with_slow_disks(2);
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(1);
  stage.propose(1, "x");
  stage.settle();
  stage.tick_all(4 * slow_disk_ticks);
  EXPECT_TRUE(stage.group(1).leading());
}

TEST(Transfer, NotToAVoterWhoseDiskDoesNotKeepUp) {
  Stage stage = with_slow_disks();
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(2);
  stage.propose(1, "x");
  stage.settle();
  stage.tick_all(slow_disk_ticks + 1);
  ASSERT_EQ(transfer(stage, 1, 2), TransferStatus::lagging);
  EXPECT_EQ(stage.propose(1, "y").status, ProposeStatus::accepted);
  stage.quick_disk(2);
  stage.settle();
  stage.tick_all();
  EXPECT_EQ(transfer(stage, 1, 2), TransferStatus::started);
}

TEST(Transfer, StaleOrderFromNoLeaderIsIgnored) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  Message order;
  order.type = MessageType::timeout_now;
  order.from = NodeId{3};
  order.term = stage.group(2).term();
  stage.step(2, order);
  EXPECT_EQ(stage.group(2).status().soft.role, Role::follower);
}

}  // namespace
}  // namespace tenon::raft
