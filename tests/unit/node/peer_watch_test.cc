#include "node/peers/peer_watch.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using peer::NodeId;

class PeerWatchTest : public ::testing::Test {
 protected:
  std::string cluster() const {
    for (const auto& condition : health_.report().conditions)
      if (condition.name == "cluster") return condition.reason;
    return "not shown";
  }
  observe::Health health_;
  PeerWatch watch_{health_, 3};
};

TEST_F(PeerWatchTest, AsManyNodesAsAreExpectedAreEnough) {
  EXPECT_EQ(cluster(), "1 of 3 nodes are linked");
  watch_.on_peer_up(NodeId{2});
  watch_.on_peer_up(NodeId{3});
  EXPECT_EQ(cluster(), "");
  watch_.on_peer_down(NodeId{3});
  EXPECT_EQ(cluster(), "2 of 3 nodes are linked");
}

TEST_F(PeerWatchTest, OneThatWasRemovedIsNotExpectedUntilAnotherHasTakenItsPlace) {
  watch_.on_peer_up(NodeId{2});
  watch_.on_peer_up(NodeId{3});
  watch_.on_peer_down(NodeId{3});
  watch_.set_removed({NodeId{3}});
  EXPECT_EQ(cluster(), "");
  watch_.on_peer_up(NodeId{4});
  watch_.on_peer_down(NodeId{4});
  EXPECT_EQ(cluster(), "2 of 3 nodes are linked");
}

TEST_F(PeerWatchTest, HoweverManyWereRemovedThisNodeIsExpected) {
  watch_.set_removed({NodeId{5}, NodeId{6}, NodeId{7}});
  EXPECT_EQ(cluster(), "");
}

TEST_F(PeerWatchTest, ThatThisNodeWasRemovedIsShownOnlyWhileNoLinkIsUp) {
  const auto shows_removed = [this] {
    for (const auto& condition : health_.report().conditions)
      if (condition.name == "removed") return true;
    return false;
  };
  watch_.on_peer_up(NodeId{2});
  watch_.on_removed();
  EXPECT_FALSE(shows_removed());
  watch_.on_peer_down(NodeId{2});
  watch_.on_removed();
  EXPECT_TRUE(shows_removed());
}

TEST_F(PeerWatchTest, ANodeThatIsThereTwiceHasFailedUntilTheOtherOneIsGoneAndSaysWhatToDo) {
  const auto state = [this] {
    for (const auto& condition : health_.report().conditions)
      if (condition.name == "cluster") return condition.state;
    return observe::HealthState::ok;
  };
  watch_.on_peer_up(NodeId{2});
  watch_.on_peer_up(NodeId{3});
  watch_.on_twin({"10.0.0.9", 7883});
  EXPECT_EQ(state(), observe::HealthState::failed);
  EXPECT_EQ(
      cluster(),
      "another node at 10.0.0.9:7883 has this node's id: was its data directory copied? Stop one of the "
      "two, and let it begin with an empty data directory");
  watch_.on_peer_down(NodeId{3});
  EXPECT_EQ(state(), observe::HealthState::failed);
  watch_.on_twin_gone();
  EXPECT_EQ(cluster(), "2 of 3 nodes are linked");
}

}  // namespace
}  // namespace tenon::node
