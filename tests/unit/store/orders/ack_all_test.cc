// Commands of a store that every live voter is to hold before they are acknowledged.
#include <gtest/gtest.h>

#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

ReplicasOptions options_with(bool all) {
  ReplicasOptions options;
  if (all) options.ack_all = {StoreId::meta};
  return options;
}

class AckAll : public ::testing::Test {
 protected:
  void make(bool all = true) {
    cluster = std::make_unique<KeeperCluster>("memory", 3, options_with(all));
    range = cluster->first_range();
    leader = cluster->await_leader(range);
    cluster->rounds(20);
  }
  std::size_t follower(std::size_t number = 0) const { return (leader + 1 + number) % 3; }
  // Its link stays, and nothing comes through it.
  void make_deaf(std::size_t place) {
    cluster->on_packet = [place](const KeeperNode::Packet& packet) {
      return packet.to != KeeperCluster::id(place) || packet.kind != PeerMessage::group;
    };
  }
  bool is_answered(std::size_t place, std::uint64_t ticket) {
    return cluster->node(place).answers.contains(ticket);
  }
  const Replica& replica(std::size_t place) { return *cluster->node(place).keeper().replicas().find(range); }

  std::unique_ptr<KeeperCluster> cluster;
  RangeId range;
  std::size_t leader = 0;
};

TEST_F(AckAll, WaitsForTheLastLinkedVoterAlthoughAMajorityHasIt) {
  make();
  make_deaf(follower());
  const std::uint64_t before = replica(leader).range().applied().index;
  const std::uint64_t ticket = cluster->append(leader, "a", "put a 1");
  cluster->rounds(30);
  EXPECT_GT(replica(leader).range().applied().index, before);
  EXPECT_FALSE(is_answered(leader, ticket));
  cluster->on_packet = nullptr;
  EXPECT_EQ(cluster->await(leader, ticket).code, AnswerCode::done);
  EXPECT_GT(replica(follower()).range().applied().index, before);
}

TEST_F(AckAll, WithAQuorumTheMajorityIsEnough) {
  make(false);
  make_deaf(follower());
  const std::uint64_t ticket = cluster->append(leader, "a", "put a 1");
  cluster->rounds(30);
  EXPECT_TRUE(is_answered(leader, ticket));
}

TEST_F(AckAll, AVoterThatIsDownHoldsNothingUp) {
  make();
  cluster->isolate(follower(), true);
  const std::uint64_t ticket = cluster->append(leader, "a", "put a 1");
  EXPECT_EQ(cluster->await(leader, ticket).code, AnswerCode::done);
}

TEST_F(AckAll, WhatWaitsForAVoterIsAnsweredOnceThatIsFoundDown) {
  make();
  make_deaf(follower());
  const std::uint64_t first = cluster->append(leader, "a", "put a 1");
  const std::uint64_t second = cluster->append(leader, "b", "put b 1");
  cluster->rounds(30);
  EXPECT_FALSE(is_answered(leader, first));
  cluster->isolate(follower(), true);
  EXPECT_EQ(cluster->await(leader, second).code, AnswerCode::done);
  EXPECT_TRUE(is_answered(leader, first));
  EXPECT_LT(first, second);
  EXPECT_EQ(cluster->node(leader).answered, (std::vector{first, second}));
}

TEST_F(AckAll, ALeaderThatEndsMeanwhileLeavesTheAnswerToTheNextAndItIsDoneOnce) {
  make();
  make_deaf(follower());
  const std::size_t asker = follower(1);
  const std::uint64_t ticket = cluster->append(asker, "count", "count");
  cluster->rounds(30);
  EXPECT_FALSE(is_answered(asker, ticket));
  cluster->stop(leader);
  cluster->on_packet = nullptr;
  (void)cluster->await(asker, ticket);
  EXPECT_EQ(cluster->value(asker, "count"), "1");
  EXPECT_EQ(cluster->value(follower(), "count"), "1");
}

TEST_F(AckAll, ALoneVoterWaitsForNobody) {
  cluster = std::make_unique<KeeperCluster>("memory", 1, options_with(true));
  range = cluster->first_range();
  leader = cluster->await_leader(range);
  const std::uint64_t ticket = cluster->append(0, "a", "put a 1");
  EXPECT_EQ(cluster->await(0, ticket).code, AnswerCode::done);
}

}  // namespace
}  // namespace tenon::store::test
