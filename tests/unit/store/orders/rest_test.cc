// When a node may look at its clock less often.
#include <gtest/gtest.h>

#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

class Rest : public ::testing::Test {
 protected:
  bool all_rest() {
    for (std::size_t place = 0; place < cluster.size(); ++place)
      if (!cluster.node(place).keeper().rests()) return false;
    return true;
  }

  KeeperCluster cluster;
  const RangeId range = cluster.first_range();
};

TEST_F(Rest, ComesWhenNothingIsUnderWayAndEndsWithACommand) {
  const std::size_t leader = cluster.await_leader(range);
  EXPECT_TRUE(cluster.until([&] { return all_rest(); }));
  const std::uint64_t ticket = cluster.append(leader, "a", "put a 1");
  EXPECT_FALSE(cluster.node(leader).keeper().rests());
  EXPECT_EQ(cluster.await(leader, ticket).code, AnswerCode::done);
  EXPECT_FALSE(cluster.node(leader).keeper().rests()) << "its engine does not hold it yet";
  EXPECT_TRUE(cluster.until([&] { return all_rest(); }));
}

TEST_F(Rest, IsNotForWhoeverWaitsForAnotherNode) {
  const std::size_t leader = cluster.await_leader(range);
  const std::size_t asker = (leader + 1) % 3;
  ASSERT_TRUE(cluster.until([&] { return all_rest(); }));
  cluster.on_packet = [](const KeeperNode::Packet& packet) { return packet.kind != PeerMessage::request; };
  const std::uint64_t ticket = cluster.append(asker, "a", "put a 1");
  cluster.rounds(5);
  EXPECT_FALSE(cluster.node(asker).keeper().rests());
  cluster.on_packet = nullptr;
  EXPECT_EQ(cluster.await(asker, ticket).code, AnswerCode::done);
  EXPECT_TRUE(cluster.until([&] { return all_rest(); }));
}

}  // namespace
}  // namespace tenon::store::test
