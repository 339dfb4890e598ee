#include "sim/checkers/route_checker.h"

#include <gtest/gtest.h>

#include "service/dist/dist_key.h"

namespace tenon::sim {
namespace {

// All are linked with all, but the first two nodes perhaps; or nobody is with anybody.
class SimpleNetwork final : public Network {
 public:
  void add(NetworkEnd&) override {}
  void on_node_up(std::uint32_t) override {}
  void on_node_down(std::uint32_t, NodeEnd) override {}
  void send(std::uint32_t, std::uint32_t, store::PeerMessage, std::string&&) override {}
  void block(std::uint32_t, std::uint32_t) override {}
  void unblock(std::uint32_t, std::uint32_t) override {}
  void break_link(std::uint32_t, std::uint32_t) override {}
  void set_slowness(std::uint32_t) override {}
  void heal() override {}
  bool is_linked(std::uint32_t a, std::uint32_t b) const override {
    return is_whole && !(are_two_apart && a + b == 1);
  }
  std::uint64_t generation(std::uint32_t, std::uint32_t) const override { return 1; }
  std::uint64_t delivered_count() const override { return 0; }

  bool is_whole = true;
  bool are_two_apart = false;
};

// A node that follows what it is told to.
class Follower final : public RouteFollower {
 public:
  explicit Follower(std::uint32_t place) : place_(place) {}
  std::uint32_t place() const override { return place_; }
  bool is_up() const override { return true; }
  std::uint64_t incarnation() const override { return life; }
  std::optional<std::uint32_t> followed_route(const std::string& key) const override {
    const auto found = routes.find(key);
    return found == routes.end() ? std::nullopt : std::optional(found->second);
  }
  bool has_whole_replica(const kv::RangeId&) const override { return is_whole; }
  bool lacks_state(const kv::RangeId&) const override { return !is_whole; }

  std::map<std::string, std::uint32_t> routes;
  std::uint64_t life = 1;
  bool is_whole = true;

 private:
  const std::uint32_t place_;
};

struct RouteCheckerTest : testing::Test {
  const kv::RangeId range{1ull << 33, 1};
  const std::string key = service::dist::key_of({{}, "news/#", "ann", 1, {}});
  World world{1, false};
  SimpleNetwork network;
  Follower first{0};
  Follower second{1};
  RouteChecker checker{world, network, {&first, &second}, {range}};

  RouteCheckerTest() {
    checker.on_started(0);
    checker.on_started(1);
  }
  // At the first node, which follows it.
  void acknowledge(RouteChecker::Option option) {
    checker.on_asked(key, range);
    const auto contacts = checker.contacts(0);
    first.routes[key] = option;
    checker.on_acknowledged(key, option, contacts);
  }
  void begin_life(Follower& node) {
    ++node.life;
    checker.on_birth(node.place());
    checker.on_started(node.place());
  }
};

TEST_F(RouteCheckerTest, NodesInContactMustFollowWhatIsAcknowledged) {
  second.routes[key] = 7;
  acknowledge(7);
  EXPECT_FALSE(world.has_failed());
  acknowledge(8);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, ANodeInContactOverAnotherOneMustFollowWhatIsAcknowledged) {
  network.are_two_apart = true;
  acknowledge(7);
  EXPECT_FALSE(world.has_failed()) << "it was not in contact";
  Follower third{2};
  RouteChecker of_three{world, network, {&first, &second, &third}, {range}};
  for (const std::uint32_t place : {0, 1, 2}) of_three.on_started(place);
  of_three.on_asked(key, range);
  const auto contacts = of_three.contacts(0);
  first.routes[key] = third.routes[key] = 8;
  of_three.on_acknowledged(key, 8, contacts);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodesGoOnFollowing) {
  second.routes[key] = 7;
  acknowledge(7);
  checker.look();
  EXPECT_FALSE(world.has_failed());
  second.routes.clear();
  checker.look();
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatStartsWithoutAStateOwesNothingUntilItHasCaughtUp) {
  second.is_whole = false;
  begin_life(second);
  acknowledge(7);
  second.is_whole = true;  // it got a state of before
  acknowledge(8);
  checker.look();
  EXPECT_FALSE(world.has_failed());
  second.routes[key] = 8;
  checker.on_caught_up(1, range);
  acknowledge(9);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatStartsWithAStateIsAskedLikeAnyOther) {
  begin_life(second);
  acknowledge(7);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatHasCaughtUpMustFollowWhatWasAcknowledgedBeforeItsStart) {
  second.is_whole = false;
  begin_life(second);
  acknowledge(7);
  begin_life(second);
  second.is_whole = true;
  checker.on_caught_up(1, range);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatHasCaughtUpMustFollowWhatWasAcknowledgedBeforeItHadAState) {
  second.is_whole = false;
  begin_life(second);
  acknowledge(7);
  checker.look();
  second.is_whole = true;
  checker.look();
  EXPECT_FALSE(world.has_failed());
  checker.on_caught_up(1, range);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, ReplicaWithAStateThatNeverSaysThatItHasCaughtUpIsCounted) {
  checker.on_caught_up(0, range);
  checker.on_caught_up(1, range);
  EXPECT_EQ(checker.behind_count(), 0u);
  begin_life(first);
  EXPECT_EQ(checker.behind_count(), 1u) << "it had a state, and is owed for";
  checker.on_caught_up(0, range);
  second.is_whole = false;
  checker.on_replica_failed(1, range, "damaged");
  EXPECT_EQ(checker.behind_count(), 0u) << "it has no state";
  second.is_whole = true;
  EXPECT_EQ(checker.behind_count(), 1u);
  checker.on_caught_up(1, range);
  EXPECT_EQ(checker.behind_count(), 0u);
}

TEST_F(RouteCheckerTest, ReplicaThatIsRebuiltMustFollowWhatWasAcknowledgedBeforeItFailedOnceItHasCaughtUp) {
  second.routes[key] = 7;
  acknowledge(7);
  checker.on_replica_failed(1, range, "damaged");
  second.routes.clear();
  checker.look();
  EXPECT_FALSE(world.has_failed());
  checker.on_caught_up(1, range);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatHasGotALinkAndCaughtUpMustFollowWhatWasAcknowledgedWithoutIt) {
  checker.on_caught_up(0, range);
  checker.on_caught_up(1, range);
  network.is_whole = false;
  acknowledge(7);
  checker.look();
  EXPECT_FALSE(world.has_failed());
  checker.on_peer_state(1, 10, true);
  checker.on_fell_behind(1, range);
  checker.on_contact_settled(1, 10);
  checker.look();
  EXPECT_FALSE(world.has_failed());
  EXPECT_EQ(checker.behind_count(), 1u);
  checker.on_caught_up(1, range);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatHasGotALinkMustBeBehindWhenItSaysThatTheContactIsSettled) {
  checker.on_caught_up(1, range);
  checker.on_peer_state(1, 10, true);
  checker.on_peer_state(1, 10, false);
  checker.on_contact_settled(1, 10);
  EXPECT_FALSE(world.has_failed()) << "the link is gone again";
  checker.on_peer_state(1, 10, true);
  checker.on_contact_settled(1, 10);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RouteCheckerTest, NodeThatNeverSaysThatAContactIsSettledIsCounted) {
  checker.on_caught_up(0, range);
  checker.on_caught_up(1, range);
  checker.on_peer_state(1, 10, true);
  EXPECT_EQ(checker.behind_count(), 1u);
  checker.on_fell_behind(1, range);
  checker.on_contact_settled(1, 10);
  checker.on_caught_up(1, range);
  EXPECT_EQ(checker.behind_count(), 0u);
}

TEST_F(RouteCheckerTest, ReplicaThatTakesThePlaceOfADeletedOneOwesNothingUntilItHasCaughtUp) {
  second.routes[key] = 7;
  acknowledge(7);
  checker.on_replica_closed(1, range);
  second.routes.clear();
  acknowledge(8);
  checker.look();
  EXPECT_FALSE(world.has_failed());
  second.routes[key] = 8;
  checker.on_caught_up(1, range);
  EXPECT_FALSE(world.has_failed());
  acknowledge(9);
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
