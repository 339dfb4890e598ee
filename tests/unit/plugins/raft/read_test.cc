// Linearizable reads (dissertation 6.4).

#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

void ask(Stage& stage, std::uint32_t node, std::uint64_t context) {
  stage.group(node).read_index(context);
  stage.run(node);
}

TEST(Read, LeaderAnswersAfterARoundOfHeartbeats) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ask(stage, 1, 7);
  EXPECT_TRUE(stage.reads(1).empty());
  stage.settle();
  const std::vector<ReadResult> expected = {{7, stage.group(1).commit(), ReadStatus::ready}};
  EXPECT_EQ(stage.reads(1), expected);
}

// A leader that was replaced without noticing must not answer from what it has.
TEST(Read, LeaderCutOffAnswersNothing) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(1);
  ask(stage, 1, 7);
  stage.tick_all(2);
  EXPECT_TRUE(stage.reads(1).empty());
  stage.tick(1, 20);
  ASSERT_EQ(stage.reads(1).size(), 1u);
  EXPECT_EQ(stage.reads(1).front().status, ReadStatus::dropped);
}

// An answer to a heartbeat that was sent before the read proves nothing about the time of the read.
TEST(Read, EarlierHeartbeatsDoNotCount) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick(1);
  while (stage.deliver_one([](const Message& message) { return message.type == MessageType::heartbeat; }))
    continue;
  ask(stage, 1, 7);
  stage.take(MessageType::heartbeat);
  stage.settle();
  EXPECT_TRUE(stage.reads(1).empty());
}

// Dissertation 6.4, step 1: a new leader does not know yet what was committed before it.
TEST(Read, WaitsForTheFirstCommitOfTheTerm) {
  Stage stage(3);
  stage.group(1).campaign();
  stage.run(1);
  while (!stage.group(1).leading()) ASSERT_TRUE(stage.deliver_one([](const Message&) { return true; }));
  stage.take(MessageType::append);
  ask(stage, 1, 7);
  stage.settle();
  EXPECT_TRUE(stage.reads(1).empty());
  stage.tick_all(2);
  EXPECT_EQ(stage.reads(1).size(), 1u);
}

TEST(Read, FollowerAsksTheLeader) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ask(stage, 2, 7);
  ask(stage, 2, 8);
  stage.settle();
  ASSERT_EQ(stage.reads(2).size(), 2u);
  EXPECT_EQ(stage.reads(2).front().index, stage.group(1).commit());
}

TEST(Read, LearnerAsksTheLeader) {
  Stage stage(1);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t learner = stage.add_learner(1);
  ask(stage, learner, 7);
  stage.settle();
  ASSERT_EQ(stage.reads(learner).size(), 1u);
  EXPECT_EQ(stage.reads(learner).front().status, ReadStatus::ready);
}

// The answer to one request must not serve another that was made later, be it after a restart.
TEST(Read, AnswerServesItsOwnRequestOnly) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ask(stage, 2, 7);
  while (stage.deliver_one([](const Message& message) {
    return message.type == MessageType::read_index || message.type == MessageType::heartbeat ||
           message.type == MessageType::heartbeat_response;
  })) {
    continue;
  }
  const auto answers = stage.take(MessageType::read_index_response);
  ASSERT_EQ(answers.size(), 1u);
  stage.crash(2);
  stage.restart(2);
  stage.tick_all(2);
  ask(stage, 2, 7);
  stage.take(MessageType::read_index);
  stage.step(2, answers.front());
  EXPECT_TRUE(stage.reads(2).empty());
}

TEST(Read, WithoutALeaderIsDroppedAtOnce) {
  Stage stage(3);
  ask(stage, 1, 7);
  ASSERT_EQ(stage.reads(1).size(), 1u);
  EXPECT_EQ(stage.reads(1).front().status, ReadStatus::dropped);
}

TEST(Read, RequestThatGetsNoAnswerIsDropped) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ask(stage, 2, 7);
  stage.take(MessageType::read_index);
  stage.tick_all(15);
  ASSERT_EQ(stage.reads(2).size(), 1u);
  EXPECT_EQ(stage.reads(2).front().status, ReadStatus::dropped);
}

TEST(Read, ManyReadsShareOneRound) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  for (std::uint64_t context = 0; context < 100; ++context) stage.group(1).read_index(context);
  stage.run(1);
  EXPECT_EQ(stage.wire().size(), 2u);
  stage.settle();
  EXPECT_EQ(stage.reads(1).size(), 100u);
}

Options with_leases() {
  Options options = Stage::quick();
  options.lease_reads = true;
  return options;
}

// Dissertation 6.4.1.
TEST(Read, LeaseAnswersWithoutARound) {
  Stage stage(3, with_leases());
  stage.tick_all(10);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick_all(2);
  ask(stage, 1, 7);
  EXPECT_EQ(stage.reads(1).size(), 1u);
  EXPECT_TRUE(stage.wire().empty());
}

TEST(Read, LeaseEndsWithoutAMajority) {
  Stage stage(3, with_leases());
  stage.tick_all(10);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick_all(2);
  stage.isolate(1);
  stage.tick(1, 9);
  ask(stage, 1, 7);
  EXPECT_TRUE(stage.reads(1).empty());
}

// A replica on which a lease rests does not campaign, not even when it is asked to.
TEST(Read, LeaseIsNotBrokenByACampaignOnRequest) {
  Stage stage(3, with_leases());
  stage.tick_all(10);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick_all(2);
  stage.cut(1, 3);
  EXPECT_FALSE(stage.campaign(2));
}

// A learner, node 4, of a group with leases that node 1 leads.
class LeasesWithALearner : public testing::Test {
 protected:
  void SetUp() override {
    stage.tick_all(10);
    ASSERT_TRUE(stage.campaign(1));
    ASSERT_EQ(stage.add_learner(1), 4u);
    ASSERT_EQ(stage.group(4).leader(), NodeId{1});
  }
  void tell(Liveness liveness) {
    stage.group(4).peer_liveness(NodeId{1}, liveness);
    stage.run(4);
  }
  // Longer than any election time-out.
  static constexpr std::uint32_t long_ticks = 50;

  Stage stage{3, with_leases()};
};

TEST_F(LeasesWithALearner, ALeaderThatIsGoneIsNamedNoLongerThanALeaseLasts) {
  stage.isolate(4);
  ask(stage, 4, 7);
  tell(Liveness::down);
  EXPECT_EQ(stage.group(4).leader(), NodeId{1});
  stage.tick(4, long_ticks);
  EXPECT_EQ(stage.group(4).leader(), NodeId::none);
  ASSERT_EQ(stage.reads(4).size(), 1u);
  EXPECT_EQ(stage.reads(4).front().status, ReadStatus::dropped);
}

TEST_F(LeasesWithALearner, ALeaderThatIsHeardOfIsNotForgotten) {
  tell(Liveness::down);
  for (std::uint32_t tick = 0; tick < long_ticks; ++tick) {
    stage.tick_all(1);
    ASSERT_EQ(stage.group(4).leader(), NodeId{1}) << tick;
  }
}

TEST_F(LeasesWithALearner, ALeaderWhoseNodeIsThereIsNotForgotten) {
  stage.isolate(4);
  stage.tick(4, long_ticks);
  EXPECT_EQ(stage.group(4).leader(), NodeId{1});
  tell(Liveness::down);
  tell(Liveness::up);
  stage.tick(4, long_ticks);
  EXPECT_EQ(stage.group(4).leader(), NodeId{1});
}

// Whom a leader told to campaign may be elected at any time from then on.
TEST(Read, LeaseEndsWithATransfer) {
  Stage stage(3, with_leases());
  stage.tick_all(10);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick_all(2);
  stage.isolate(2);
  ASSERT_EQ(stage.group(1).transfer_leader(NodeId{2}), TransferStatus::started);
  stage.run(1);
  stage.tick_all(15);
  ASSERT_TRUE(stage.group(1).leading());
  ask(stage, 1, 7);
  EXPECT_TRUE(stage.reads(1).empty());
}

}  // namespace
}  // namespace tenon::raft
