// Configurations and their changes (paper section 6, dissertation chapter 4).

#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

std::vector<NodeId> ids(std::initializer_list<std::uint64_t> nodes) {
  std::vector<NodeId> result;
  for (const std::uint64_t node : nodes) result.push_back(NodeId{node});
  return result;
}

Message acknowledgement(Stage& stage, std::uint32_t from, Index index) {
  Message message;
  message.type = MessageType::append_response;
  message.from = NodeId{from};
  message.term = stage.group(1).term();
  message.index = index;
  return message;
}

TEST(Membership, LearnerCatchesUpAndBecomesAVoter) {
  Stage stage(1);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t node = stage.add_empty();
  EXPECT_EQ(stage.change(1, {1, node}).status, ProposeStatus::not_caught_up);
  ASSERT_EQ(stage.change(1, {1}, {node}).status, ProposeStatus::accepted);
  stage.tick_all(3);
  if (stage.replica(node).wanted()) stage.install(node);
  stage.tick_all(3);
  ASSERT_TRUE(stage.group(1).caught_up(NodeId{node}));
  ASSERT_EQ(stage.change(1, {1, node}).status, ProposeStatus::accepted);
  stage.tick_all(3);
  EXPECT_EQ(stage.group(1).configuration().voters, ids({1, node}));
  EXPECT_FALSE(stage.group(1).configuration().joint());
  EXPECT_EQ(stage.group(node).configuration(), stage.group(1).configuration());
}

// In a group in which nothing is written.
TEST(Membership, LearnerWhoseLinkBrokeCountsAsCaughtUpWhenItIsBack) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t node = stage.add_learner(1);
  stage.tick_all(3);
  ASSERT_TRUE(stage.group(1).caught_up(NodeId{node}));
  stage.group(1).unreachable(NodeId{node});
  EXPECT_FALSE(stage.group(1).caught_up(NodeId{node}));
  stage.tick_all(3);
  EXPECT_TRUE(stage.group(1).caught_up(NodeId{node}));
  EXPECT_EQ(stage.change(1, {1, 2, 3, node}).status, ProposeStatus::accepted);
}

TEST(Membership, ChangeOfLearnersAloneNeedsNoJointConfiguration) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1, 2, 3}, {stage.add_empty()});
  EXPECT_FALSE(stage.group(1).configuration().joint());
}

TEST(Membership, EpochGrowsWithEachEntry) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1, 2});
  stage.settle();
  EXPECT_EQ(stage.group(2).configuration().epoch, 2u);
}

// A change is in force at once, so a second one waits until the first has committed.
TEST(Membership, OneChangeAtATime) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {1, 2}).status, ProposeStatus::accepted);
  EXPECT_EQ(stage.change(1, {1, 3}).status, ProposeStatus::pending);
  stage.settle();
  EXPECT_EQ(stage.change(1, {1, 2}, {3}).status, ProposeStatus::accepted);
}

// The bug in single-server changes that the author of Raft reported on raft-dev in 2015, and its repair.
TEST(Membership, NoChangeBeforeAnEntryOfTheTermCommits) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(1);
  stage.crash(1);
  stage.tick(3, 30);
  stage.tick(2, 30);
  stage.drop_all();
  stage.group(2).campaign();
  stage.run(2);
  while (!stage.group(2).leading()) ASSERT_TRUE(stage.deliver_one([](const Message&) { return true; }));
  EXPECT_EQ(stage.change(2, {2, 3}).status, ProposeStatus::pending);
  stage.settle();
  EXPECT_EQ(stage.change(2, {2, 3}).status, ProposeStatus::accepted);
}

TEST(Membership, SameOrImpossibleConfigurationsAreRefused) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  EXPECT_EQ(stage.change(1, {1, 2, 3}).status, ProposeStatus::no_change);
  EXPECT_EQ(stage.change(1, {}).status, ProposeStatus::invalid);
  EXPECT_EQ(stage.change(1, {1, 2}, {2}).status, ProposeStatus::invalid);
  EXPECT_EQ(stage.change(2, {1, 2}).status, ProposeStatus::not_leader);
}

// Paper section 6: while joint, both majorities are needed, for commits ...
TEST(Membership, JointCommitNeedsBothMajorities) {
  Stage stage(4);
  ASSERT_TRUE(stage.campaign(1));
  stage.drop_all();
  ASSERT_EQ(stage.change(1, {1}).status, ProposeStatus::accepted);
  stage.drop_all();
  const Index joint = stage.group(1).last_index();
  ASSERT_TRUE(stage.group(1).configuration().joint());
  // Alone, node 1 is a majority of the new voters, and no majority of the old ones.
  EXPECT_LT(stage.group(1).commit(), joint);
  stage.step(1, acknowledgement(stage, 2, joint));
  EXPECT_LT(stage.group(1).commit(), joint);
  stage.step(1, acknowledgement(stage, 3, joint));
  EXPECT_GE(stage.group(1).commit(), joint);
}

// ... and for elections.
TEST(Membership, JointElectionNeedsBothMajorities) {
  Stage stage(4);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {1}).status, ProposeStatus::accepted);
  stage.drop_all();
  stage.isolate(1);
  stage.crash(1);
  stage.restart(1);
  ASSERT_TRUE(stage.group(1).configuration().joint());
  stage.group(1).campaign();
  stage.run(1);
  EXPECT_FALSE(stage.group(1).leading());
}

TEST(Membership, JointConfigurationIsLeftOnceItHasCommitted) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1, 2});
  stage.drop_all();
  EXPECT_TRUE(stage.group(1).configuration().joint());
  stage.step(1, acknowledgement(stage, 3, stage.group(1).last_index() - 1));
  EXPECT_TRUE(stage.group(1).configuration().joint());
  stage.tick_all(2);
  EXPECT_FALSE(stage.group(1).configuration().joint());
}

TEST(Membership, JointConfigurationIsNotLeftForACommitBeforeIt) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const Index before = stage.propose(1, "x").last;
  ASSERT_EQ(stage.change(1, {1, 2}).status, ProposeStatus::accepted);
  stage.drop_all();
  stage.step(1, acknowledgement(stage, 2, before));
  ASSERT_EQ(stage.group(1).commit(), before);
  EXPECT_TRUE(stage.group(1).configuration().joint());
}

// Leaving it falls to whoever leads.
TEST(Membership, NewLeaderLeavesTheJointConfiguration) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1, 2});
  stage.deliver_one([](const Message& message) { return message.to == NodeId{2}; });
  stage.drop_all();
  stage.isolate(1);
  ASSERT_TRUE(stage.group(2).configuration().joint());
  stage.crash(1);
  stage.restart(1);
  stage.heal();
  stage.tick(2, 20);
  stage.tick(3, 20);
  stage.drop_all();
  ASSERT_TRUE(stage.campaign(2));
  stage.tick_all(2);
  EXPECT_FALSE(stage.group(2).configuration().joint());
  EXPECT_EQ(stage.group(2).configuration().voters, ids({1, 2}));
}

// Paper section 6: a configuration is in force because it is in the log, and no longer than that.
TEST(Membership, ConfigurationIsRolledBackWithItsEntry) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(1);
  ASSERT_EQ(stage.change(1, {1, 2}).status, ProposeStatus::accepted);
  ASSERT_TRUE(stage.group(1).configuration().joint());
  stage.tick(2, 20);
  stage.tick(3, 20);
  stage.drop_all();
  ASSERT_TRUE(stage.campaign(2));
  stage.heal();
  stage.tick_all(3);
  EXPECT_EQ(stage.group(1).configuration().voters, ids({1, 2, 3}));
  EXPECT_FALSE(stage.group(1).configuration().joint());
}

TEST(Membership, ConfigurationsAreFoundInTheLogAfterARestart) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1, 2}, {3});
  stage.tick_all(2);
  const Configuration before = stage.group(2).configuration();
  stage.crash(2);
  stage.restart(2);
  EXPECT_EQ(stage.group(2).configuration(), before);
}

// Paper section 6: a leader that is not part of the new configuration leads until that has committed.
TEST(Membership, RemovedLeaderStepsDownOnceThatHasCommitted) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {2, 3}).status, ProposeStatus::accepted);
  EXPECT_TRUE(stage.group(1).leading());
  stage.settle();
  EXPECT_FALSE(stage.group(1).leading());
  EXPECT_TRUE(stage.group(2).leading() || stage.group(3).leading());
  stage.tick(1, 100);
  EXPECT_EQ(stage.group(1).status().soft.role, Role::follower);
}

// Dissertation 4.2.2: the removed leader alone has the new configuration; the other can't be elected against
// its log.
TEST(Membership, RemovedLeaderCampaignsUntilTheConfigurationCommits) {
  Stage stage(2);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {2}).status, ProposeStatus::accepted);
  // The joint configuration reaches node 2, the new one does not.
  ASSERT_TRUE(stage.deliver_one([](const Message& message) { return message.type == MessageType::append; }));
  ASSERT_TRUE(
      stage.deliver_one([](const Message& message) { return message.type == MessageType::append_response; }));
  ASSERT_FALSE(stage.group(1).configuration().is_voter(NodeId{1}));
  stage.drop_all();
  stage.crash(1);
  stage.restart(1);
  stage.tick(2, 30);
  stage.drop_all();
  EXPECT_FALSE(stage.campaign(2));
  EXPECT_TRUE(stage.campaign(1) || stage.group(2).leading());
  stage.tick_all(40);
  EXPECT_TRUE(stage.group(2).leading());
  EXPECT_EQ(stage.group(2).configuration().voters, ids({2}));
}

// A voter that becomes a learner votes until the joint configuration is left.
TEST(Membership, VoterBecomesALearner) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {1, 2}, {3}).status, ProposeStatus::accepted);
  EXPECT_TRUE(stage.group(1).configuration().is_voter(NodeId{3}));
  stage.tick_all(2);
  EXPECT_FALSE(stage.group(1).configuration().is_voter(NodeId{3}));
  EXPECT_EQ(stage.group(1).configuration().learners, ids({3}));
}

// Two majorities that do not meet: without the joint step, {1} and {2, 3} could both decide.
TEST(Membership, ChangeOfVotersPassesThroughAJointConfiguration) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.change(1, {1});
  EXPECT_EQ(stage.group(1).configuration().voters_outgoing, ids({1, 2, 3}));
}

// ---- The end of a group that has lost its majority

TEST(Conclusion, TheWholeLogOfTheSurvivorIsApplied) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.propose(1, "committed");
  stage.settle();
  stage.cut(3, 1);  // what it gets it can't acknowledge
  stage.isolate(2);
  stage.propose(1, "not known to be committed");
  stage.settle();
  const Index last = stage.group(3).last_index();
  ASSERT_LT(stage.group(3).applied(), last);
  stage.crash(1);
  EXPECT_EQ(stage.group(3).conclude(), last);
  stage.run(3);
  EXPECT_EQ(stage.group(3).applied(), last);
  EXPECT_EQ(stage.applied(3).back().payload.view(), "not known to be committed");
}

TEST(Conclusion, WhoIsAtTheEndTakesPartInNothing) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_TRUE(stage.group(3).conclude());
  stage.run(3);
  const Term term = stage.group(3).term();
  const Index last = stage.group(3).last_index();
  // The others go on, with terms of their own and entries of their own.
  stage.propose(1, "without it");
  stage.settle();
  stage.crash(1);
  stage.restart(1);
  ASSERT_TRUE(stage.campaign(2));
  stage.settle();
  EXPECT_EQ(stage.group(3).term(), term);
  EXPECT_EQ(stage.group(3).last_index(), last);
  for (const MessageType type : {MessageType::vote, MessageType::append, MessageType::heartbeat}) {
    Message message;
    message.type = type;
    message.from = NodeId{1};
    message.to = NodeId{3};
    message.term = 99;
    EXPECT_EQ(stage.group(3).step(message), StepStatus::concluded);
  }
  stage.run(3);
  EXPECT_TRUE(stage.wire().empty());
  EXPECT_FALSE(stage.campaign(3));
  stage.tick(3, 100);
  EXPECT_TRUE(stage.wire().empty());
  EXPECT_EQ(stage.propose(3, "x").status, ProposeStatus::not_leader);
}

TEST(Conclusion, IsNotTheVoteThatAnOldVoterLacks) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.crash(1);
  ASSERT_TRUE(stage.group(3).conclude());
  stage.run(3);
  EXPECT_FALSE(stage.campaign(2));
  stage.tick_all(100);
  EXPECT_FALSE(stage.group(2).leading());
}

TEST(Conclusion, IsForgottenByARestart) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.cut(3, 1);
  stage.isolate(2);
  stage.propose(1, "x");
  stage.settle();
  const Index commit = stage.group(3).commit();
  ASSERT_TRUE(stage.group(3).conclude());
  stage.crash(3);
  stage.restart(3);
  EXPECT_LE(stage.group(3).commit(), commit);
  stage.heal();
  stage.crash(1);
  stage.restart(1);
  EXPECT_TRUE(stage.campaign(3));
}

TEST(Conclusion, IsRefusedToALeaderAndBehindAWriteThatIsUnderWay) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  EXPECT_FALSE(stage.group(1).conclude());
  stage.slow_disk(3);
  stage.propose(1, "x");
  stage.settle();
  EXPECT_FALSE(stage.group(3).conclude());
  stage.quick_disk(3);
  EXPECT_TRUE(stage.group(3).conclude());
}

TEST(Conclusion, NoStateIsInstalledBehindIt) {
  Stage stage(1);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t learner = stage.add_learner(1);
  EXPECT_TRUE(stage.group(learner).conclude());
  SnapshotMeta meta{stage.group(1).last_index() + 10, stage.group(1).term(), stage.group(1).configuration()};
  EXPECT_FALSE(stage.group(learner).begin_install(meta));
}

}  // namespace
}  // namespace tenon::raft
