// Snapshots (paper section 7).

#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

// Node 3 has missed what the others have cut from their logs.
class Snapshot : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(stage.campaign(1));
    stage.isolate(3);
    for (int i = 0; i < 10; ++i) stage.propose(1, "x");
    stage.settle();
    stage.replica(1).compact(0);
    stage.heal();
  }

  bool offered() {
    stage.tick_all(3);
    return stage.replica(3).wanted().has_value();
  }

  Stage stage{3};
};

TEST_F(Snapshot, IsOfferedWhereTheLogIsCut) {
  ASSERT_TRUE(offered());
  EXPECT_EQ(stage.replica(3).wanted()->meta.index, stage.group(1).applied());
  stage.install(3);
  stage.propose(1, "y");
  stage.settle();
  EXPECT_EQ(stage.group(3).applied(), stage.group(1).applied());
  EXPECT_EQ(stage.replica(3).state().digest, stage.replica(1).state().digest);
}

TEST_F(Snapshot, NoVoteWhileInstalling) {
  ASSERT_TRUE(offered());
  Message vote;
  vote.type = MessageType::vote;
  vote.from = NodeId{2};
  vote.term = 9;
  vote.index = 99;
  vote.log_term = 8;
  vote.force = true;
  stage.step(3, vote);
  EXPECT_TRUE(stage.take(MessageType::vote_response).empty());
}

TEST_F(Snapshot, NoCandidacyWhileInstalling) {
  ASSERT_TRUE(offered());
  stage.isolate(3);
  stage.tick(3, 100);
  EXPECT_EQ(stage.group(3).status().soft.role, Role::follower);
}

TEST_F(Snapshot, FailureLeavesTheReplicaAsItWas) {
  ASSERT_TRUE(offered());
  const Index last = stage.group(3).last_index();
  stage.replica(3).fail_install();
  stage.run(3);
  EXPECT_EQ(stage.group(3).last_index(), last);
  stage.group(1).snapshot_send_failed(NodeId{3});
  EXPECT_TRUE(offered());
}

TEST_F(Snapshot, OfferThatWasLostIsRepeatedAfterATimeOut) {
  stage.tick(1);
  while (stage.take(MessageType::snapshot).empty()) {
    if (!stage.deliver_one([](const Message&) { return true; })) stage.tick(1);
  }
  EXPECT_FALSE(offered());
  stage.tick_all(25);
  EXPECT_TRUE(stage.replica(3).wanted().has_value());
}

TEST_F(Snapshot, NoTimeOutWhileTheReceiverSaysThatItInstalls) {
  ASSERT_TRUE(offered());
  stage.tick_all(100);
  for (const PeerStatus& peer : stage.group(1).status().peers) {
    if (peer.node != NodeId{3}) continue;
    EXPECT_EQ(peer.state, ProgressState::snapshot);
  }
}

// What was fetched may be later than what was offered.
TEST_F(Snapshot, InstalledStateMayBeLaterThanTheOffer) {
  ASSERT_TRUE(offered());
  stage.isolate(3);
  stage.propose(1, "later");
  stage.settle();
  stage.heal();
  stage.install(3);
  EXPECT_EQ(stage.group(3).applied(), stage.group(1).applied());
  stage.tick_all(2);
  EXPECT_TRUE(stage.group(3).poisoned().empty());
}

// Found by the simulation: the state is of a term that its receiver has not heard of, and then power goes.
TEST_F(Snapshot, StateOfALaterTermIsNoContradictionAfterACrash) {
  ASSERT_TRUE(offered());
  stage.isolate(3);
  stage.group(1).transfer_leader(NodeId{2});
  stage.run(1);
  stage.settle();
  ASSERT_TRUE(stage.group(2).leading());
  stage.slow_disk(3);
  stage.install(3);
  stage.crash(3);
  stage.restart(3);
  EXPECT_EQ(stage.group(3).poisoned(), "");
  EXPECT_EQ(stage.group(3).term(), stage.group(2).term());
}

TEST_F(Snapshot, CarriesItsConfiguration) {
  ASSERT_EQ(stage.change(1, {1, 2}, {3}).status, ProposeStatus::accepted);
  stage.isolate(3);
  stage.settle();
  stage.replica(1).compact(0);
  stage.heal();
  ASSERT_TRUE(offered());
  stage.install(3);
  EXPECT_EQ(stage.group(3).configuration(), stage.group(1).configuration());
}

// A snapshot holds the configuration of its last entry, not one that may still be taken back.
TEST_F(Snapshot, DoesNotCarryAnUncommittedConfiguration) {
  stage.isolate(2);
  stage.isolate(3);
  ASSERT_EQ(stage.change(1, {1, 2}).status, ProposeStatus::accepted);
  ASSERT_TRUE(stage.group(1).configuration().joint());
  EXPECT_FALSE(stage.group(1).meta_at(stage.group(1).applied()).configuration.joint());
}

TEST_F(Snapshot, LogThatReachesTheOfferNeedsNoState) {
  Message offer;
  offer.type = MessageType::snapshot;
  offer.from = NodeId{1};
  offer.term = stage.group(1).term();
  offer.snapshot = {2, stage.group(1).term(), stage.group(1).configuration()};
  stage.step(2, offer);
  EXPECT_FALSE(stage.replica(2).wanted().has_value());
  EXPECT_EQ(stage.take(MessageType::append_response).size(), 1u);
}

TEST_F(Snapshot, CutLogIsStillGoodForTheNext) {
  ASSERT_TRUE(offered());
  stage.install(3);
  stage.crash(1);
  stage.restart(1);
  EXPECT_TRUE(stage.group(1).poisoned().empty());
  stage.tick_all(40);
  stage.tick_all(40);
  EXPECT_TRUE(stage.group(1).leading() || stage.group(2).leading() || stage.group(3).leading());
}

}  // namespace
}  // namespace tenon::raft
