#include <gtest/gtest.h>

#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

class TransferOrder : public ::testing::Test {
 protected:
  TransferOrder() { leader = cluster.await_leader(range); }

  std::size_t follower(std::size_t number = 0) const { return (leader + 1 + number) % 3; }

  KeeperCluster cluster;
  const RangeId range = cluster.first_range();
  std::size_t leader = 0;
};

TEST_F(TransferOrder, MovesTheLeadAndIsDoneOnceTheOtherLeads) {
  const Answer answer = cluster.run_order(leader, range, TransferLeader{KeeperCluster::id(follower())});
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  EXPECT_EQ(cluster.await_leader(range), follower());
}

TEST_F(TransferOrder, MayBeGivenAtAnyNode) {
  const Answer answer = cluster.run_order(follower(1), range, TransferLeader{KeeperCluster::id(follower())});
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  EXPECT_EQ(cluster.await_leader(range), follower());
}

TEST_F(TransferOrder, ToWhoLeadsAlreadyIsDoneAtOnce) {
  EXPECT_EQ(cluster.run_order(follower(), range, TransferLeader{KeeperCluster::id(leader)}).code,
            AnswerCode::done);
}

TEST_F(TransferOrder, ToANodeThatIsNoVoterIsRefused) {
  const Answer answer = cluster.run_order(leader, range, TransferLeader{NodeId{77}});
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("no voter"), std::string::npos) << answer.text;
}

TEST_F(TransferOrder, ToANodeThatIsAwayIsRefusedAndTheLeadStays) {
  cluster.isolate(follower(), true);
  const Answer answer = cluster.run_order(leader, range, TransferLeader{KeeperCluster::id(follower())});
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_EQ(cluster.await_leader(range), leader);
}

TEST_F(TransferOrder, OfAnOlderEpochIsStaleAndTellsTheEpoch) {
  Order order{0, range, {3, 1}, "", TransferLeader{KeeperCluster::id(follower())}};
  const Answer answer = cluster.await(leader, cluster.order(leader, order));
  EXPECT_EQ(answer.code, AnswerCode::stale);
  EXPECT_NE(answer.text.find(describe(cluster.epoch(leader, range))), std::string::npos) << answer.text;
  EXPECT_EQ(cluster.await_leader(range), leader);
}

TEST_F(TransferOrder, ASecondOneIsRefusedWhileOneIsUnderWay) {
  cluster.isolate(follower(), true);
  const std::uint64_t first = cluster.order(leader, range, TransferLeader{KeeperCluster::id(follower())});
  cluster.rounds(5);
  const Answer second = cluster.run_order(leader, range, TransferLeader{KeeperCluster::id(follower(1))});
  EXPECT_EQ(second.code, AnswerCode::refused);
  EXPECT_NE(second.text.find("another order is under way"), std::string::npos) << second.text;
  EXPECT_EQ(cluster.await(leader, first).code, AnswerCode::refused);
}

TEST_F(TransferOrder, WhoseAnswersAreLostIsAskedAgainAndAnsweredOnce) {
  int lost = 0;
  cluster.on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.kind != PeerMessage::answer || ++lost > 2;
  };
  const Answer answer = cluster.run_order(follower(), range, TransferLeader{KeeperCluster::id(follower(1))});
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  EXPECT_GE(lost, 2);
  EXPECT_EQ(cluster.await_leader(range), follower(1));
}

TEST_F(TransferOrder, FindsTheNextLeaderWhenTheOneThatHasItDies) {
  cluster.isolate(follower(), true);
  const std::uint64_t order =
      cluster.order(follower(1), range, TransferLeader{KeeperCluster::id(follower())});
  cluster.rounds(5);
  cluster.stop(leader);
  cluster.isolate(follower(), false);
  EXPECT_EQ(cluster.await(follower(1), order).code, AnswerCode::done);
  EXPECT_EQ(cluster.await_leader(range), follower());
}

}  // namespace
}  // namespace tenon::store::test
