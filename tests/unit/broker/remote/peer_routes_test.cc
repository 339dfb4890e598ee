#include "broker/remote/peer_routes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text/topic_syntax.h"

namespace tenon::broker {
namespace {

using Taken = PeerRoutes::Taken;

class PeerRoutesTest : public ::testing::Test {
 protected:
  static constexpr kv::NodeId peer{2};
  static constexpr kv::NodeId other{3};

  Taken whole(std::uint64_t sequence, const std::vector<RemoteRoute>& routes, kv::NodeId from = peer) {
    return wanted.take(from, {sequence, true, true, true, routes});
  }
  Taken change(std::uint64_t sequence, const RemoteRoute& route) {
    return wanted.take(peer, {sequence, false, false, false, {route}});
  }
  // Nodes that get a message of this topic, by their numbers.
  std::vector<std::uint64_t> nodes_for(std::string_view topic) {
    routing::TopicCache cache(64, 1 << 20, 7);
    auto& entry = cache.find(topic);
    subscriptions.refresh(cache, entry);
    std::vector<std::uint64_t> nodes;
    for (const auto& receiver : entry.set->nodes())
      nodes.push_back(static_cast<std::uint64_t>(slots.node_of(routing::slot_of(receiver.key))));
    return nodes;
  }

  Subscriptions subscriptions{7};
  NodeSlots slots;
  MembersElsewhere members;
  PeerRoutes wanted{subscriptions, slots, members};
};

TEST_F(PeerRoutesTest, MessagesGoToTheNodesThatWantThem) {
  EXPECT_EQ(whole(5, {{"a/#", 1, false}, {"b", 1, false}}), Taken::known);
  EXPECT_EQ(whole(1, {{"b", 1, false}}, other), Taken::known);
  EXPECT_EQ(nodes_for("a/1"), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(nodes_for("c"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(wanted.count(), 3u);
}

TEST_F(PeerRoutesTest, AWholeThatLacksAPartIsNotTaken) {
  const RemoteRoute a{"a", 1, false}, b{"b", 1, false}, c{"c", 1, false};
  EXPECT_EQ(wanted.take(peer, {3, true, true, false, {a}, 0}), Taken::part);
  EXPECT_EQ(wanted.take(peer, {3, true, false, true, {c}, 2}), Taken::missing);
  EXPECT_EQ(wanted.count(), 0u);
  EXPECT_EQ(wanted.take(peer, {3, true, true, false, {a}, 0}), Taken::part);
  EXPECT_EQ(wanted.take(peer, {3, true, false, false, {b}, 1}), Taken::part);
  EXPECT_EQ(wanted.take(peer, {3, true, false, true, {c}, 2}), Taken::known);
  EXPECT_EQ(wanted.count(), 3u);
}

TEST_F(PeerRoutesTest, ANodeThatWantsQoS0OnlyIsNoReceiverOfTheOthers) {
  whole(1, {{"a", 1, true}});
  routing::TopicCache cache(64, 1 << 20, 7);
  const auto reaches = [&](mqtt::QoS qos) {
    auto& entry = cache.find("a");
    subscriptions.refresh(cache, entry);
    return entry.set->reaches(qos);
  };
  EXPECT_TRUE(reaches(mqtt::QoS::at_most_once));
  EXPECT_FALSE(reaches(mqtt::QoS::at_least_once));
  whole(1, {{"a", 1, false}}, other);
  EXPECT_TRUE(reaches(mqtt::QoS::at_least_once));
}

TEST_F(PeerRoutesTest, ChangesFollowInTheirOrder) {
  whole(5, {{"a", 1, false}});
  EXPECT_EQ(change(6, {"b", 1, false}), Taken::known);
  EXPECT_EQ(change(7, {"a", 0, false}), Taken::known);
  EXPECT_EQ(nodes_for("a"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{2}));
  // One that came before all was told.
  EXPECT_EQ(change(3, {"b", 0, false}), Taken::known);
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{2}));
}

TEST_F(PeerRoutesTest, AGapIsAskedForOnceAndNothingIsTakenBehindIt) {
  EXPECT_EQ(change(1, {"x", 1, false}), Taken::missing);
  whole(5, {{"a", 1, false}});
  EXPECT_EQ(change(8, {"b", 1, false}), Taken::missing);
  EXPECT_EQ(change(9, {"c", 1, false}), Taken::waiting);
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(whole(9, {{"b", 1, false}, {"c", 1, false}}), Taken::known);
  EXPECT_EQ(nodes_for("a"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(nodes_for("c"), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(change(10, {"a", 1, false}), Taken::known);
}

TEST_F(PeerRoutesTest, PartsReplaceNothingBeforeTheLastOne) {
  whole(1, {{"a", 1, false}});
  EXPECT_EQ(wanted.take(peer, {9, true, true, false, {{"b", 1, false}}}), Taken::part);
  EXPECT_EQ(nodes_for("a"), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(wanted.take(peer, {9, true, false, true, {{"c", 1, false}}}), Taken::known);
  EXPECT_EQ(nodes_for("a"), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(nodes_for("b"), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(nodes_for("c"), (std::vector<std::uint64_t>{2}));
}

TEST_F(PeerRoutesTest, APartWithoutItsBeginningIsAskedForAgain) {
  EXPECT_EQ(wanted.take(peer, {9, true, false, true, {{"c", 1, false}}}), Taken::missing);
  EXPECT_EQ(nodes_for("c"), (std::vector<std::uint64_t>{}));
}

TEST_F(PeerRoutesTest, ANodeThatIsGoneGetsNothing) {
  whole(1, {{"a", 1, false}, {"$share/g/a", 3, false}});
  whole(1, {{"a", 1, false}}, other);
  wanted.forget(peer);
  EXPECT_EQ(nodes_for("a"), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(wanted.count(), 1u);
  EXPECT_EQ(subscriptions.size(), 1u);
}

TEST_F(PeerRoutesTest, FiltersThatAreNoneAreLeftOut) {
  EXPECT_EQ(whole(1, {{"a/#/b", 1, false}, {"$share//a", 1, false}, {"", 1, false}, {"ok", 1, false}}),
            Taken::known);
  EXPECT_EQ(wanted.count(), 1u);
}

TEST_F(PeerRoutesTest, MembersAreWhereTheNodesSayThatTheyAre) {
  const std::string seven = member_name(7), eight = member_name(8);
  whole(1, {{seven, 1, false}, {"a", 1, false}});
  EXPECT_TRUE(members.has(7));
  EXPECT_FALSE(members.has(8));
  EXPECT_EQ(wanted.count(), 1u);
  change(2, {eight, 1, false});
  EXPECT_TRUE(members.has(8));
  change(3, {seven, 0, false});
  EXPECT_FALSE(members.has(7));
  EXPECT_EQ(subscriptions.size(), 1u);
}

TEST_F(PeerRoutesTest, AMemberThatMovesIsThereWhicheverNodeSpeaksFirst) {
  const std::string name = member_name(7);
  whole(1, {{name, 1, false}});
  whole(1, {{name, 1, false}}, other);
  change(2, {name, 0, false});
  EXPECT_TRUE(members.has(7));
  wanted.forget(other);
  EXPECT_FALSE(members.has(7));
}

TEST_F(PeerRoutesTest, WhatIsToldTwiceIsTakenBackOnce) {
  const std::string name = member_name(7);
  whole(1, {{name, 1, false}});
  whole(2, {{name, 1, false}});
  whole(3, {});
  EXPECT_FALSE(members.has(7));
}

TEST_F(PeerRoutesTest, NameOfAMemberIsNoFilter) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{0x2f2f2f2f2f2f2f2f}, UINT64_MAX}) {
    EXPECT_EQ(member_of(member_name(number)), number);
    EXPECT_FALSE(is_topic_filter(member_name(number)));
  }
  for (const std::string_view filter : {"#", "+", "#1234567", "a/bcdefgh", "#123456789"})
    EXPECT_EQ(member_of(filter), std::nullopt);
}

TEST_F(PeerRoutesTest, ANodeIsAMemberOfAGroupForEachOfItsOwn) {
  whole(1, {{"$share/g/a", 3, false}});
  routing::TopicCache cache(64, 1 << 20, 7);
  auto& entry = cache.find("a");
  subscriptions.refresh(cache, entry);
  ASSERT_EQ(entry.set->groups().size(), 1u);
  EXPECT_EQ(entry.set->groups()[0].members.size(), 3u);
  EXPECT_TRUE(entry.set->nodes().empty());
}

}  // namespace
}  // namespace tenon::broker
