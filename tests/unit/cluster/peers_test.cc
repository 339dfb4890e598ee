#include "cluster/peers.h"

#include <gtest/gtest.h>

#include "seeded_random.h"

namespace tenon::cluster {
namespace {

using test::SeededRandom;

const Endpoint first{"a", 1};
const Endpoint second{"b", 1};
bool nobody(NodeId) {
  return false;
}
bool everybody(NodeId) {
  return true;
}

TEST(Peers, ASeedIsDialledAtOnceAndNotTwiceAtATime) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  peers.add_seed(first, 0);
  EXPECT_EQ(peers.due(0, nobody), std::vector{first});
  EXPECT_TRUE(peers.due(ns_per_s, nobody).empty());
}

TEST(Peers, PausesGrowUpToTheirLimitAndAreDrawnFromTheUpperHalf) {
  SeededRandom random(1);
  const DialPauses pauses;
  Peers peers(NodeId{1}, pauses, random);
  peers.add_seed(first, 0);
  MonoNs now = 0;
  std::int64_t longest = pauses.first_ns;
  for (int failure = 0; failure < 20; ++failure) {
    ASSERT_EQ(peers.due(now, nobody).size(), 1u) << failure;
    peers.dial_ended(first, false, now);
    EXPECT_TRUE(peers.due(now + longest / 2 - 1, nobody).empty()) << failure;
    now += longest;
    longest = std::min(longest * 2, pauses.last_ns);
  }
}

TEST(Peers, TwoNodesDoNotDialInStep) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  const DialPauses pauses;
  std::vector<MonoNs> times;
  for (std::uint16_t port = 1; port <= 10; ++port) {
    const Endpoint endpoint{"a", port};
    peers.add_seed(endpoint, 0);
    peers.due(0, nobody);
    peers.dial_ended(endpoint, false, 0);
  }
  std::size_t early = 0;
  for (MonoNs now = 0; now < pauses.first_ns * 3 / 4; now += ns_per_ms)
    early += peers.due(now, nobody).size();
  EXPECT_GT(early, 0u);
  EXPECT_LT(early, 10u);
}

TEST(Peers, ANodeThatIsLinkedIsNotDialled) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  EXPECT_TRUE(peers.learn(NodeId{2}, first, 0));
  EXPECT_FALSE(peers.learn(NodeId{2}, first, 0));
  EXPECT_TRUE(peers.due(0, everybody).empty());
  EXPECT_EQ(peers.due(1, nobody), std::vector{first});
}

TEST(Peers, ANodeThatMovedIsDialledAtItsNewAddressOnly) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  peers.learn(NodeId{2}, first, 0);
  EXPECT_TRUE(peers.learn(NodeId{2}, second, 0));
  EXPECT_EQ(peers.due(0, nobody), std::vector{second});
  EXPECT_EQ(*peers.address_of(NodeId{2}), second);
}

TEST(Peers, ANodeThatMovedWhileItWasDialledIsDialledAtItsNewAddressOnly) {
  SeededRandom random(1);
  const DialPauses pauses;
  Peers peers(NodeId{1}, pauses, random);
  peers.learn(NodeId{2}, first, 0);
  EXPECT_EQ(peers.due(0, nobody), std::vector{first});
  EXPECT_TRUE(peers.learn(NodeId{2}, second, 0));
  peers.dial_ended(first, false, 0);
  EXPECT_EQ(peers.due(pauses.last_ns, nobody), std::vector{second});
  EXPECT_EQ(peers.address_count(), 1u);
}

TEST(Peers, ASeedThatLeadsBackIsTriedNowAndThen) {
  SeededRandom random(1);
  const DialPauses pauses;
  Peers peers(NodeId{1}, pauses, random);
  peers.add_seed(first, 0);
  peers.due(0, nobody);
  peers.led_to(first, NodeId{1});
  peers.dial_ended(first, false, 0);
  EXPECT_TRUE(peers.due(0, nobody).empty());
  EXPECT_EQ(peers.due(pauses.last_ns, nobody), std::vector{first}) << "nobody is linked";
  peers.dial_ended(first, false, 0);
  peers.learn(NodeId{2}, second, 0);
  EXPECT_TRUE(peers.due(pauses.itself_ns - 1, everybody).empty());
  EXPECT_EQ(peers.due(pauses.itself_ns, everybody), std::vector{first});
}

TEST(Peers, ANodeThatWasAwayForADayIsForgottenAndASeedIsNot) {
  SeededRandom random(1);
  const DialPauses pauses;
  Peers peers(NodeId{1}, pauses, random);
  peers.add_seed(first, 0);
  peers.learn(NodeId{2}, second, 0);
  for (const MonoNs now : {MonoNs{0}, pauses.forget_ns + 1}) {
    EXPECT_EQ(peers.due(now, nobody), (std::vector{first, second}));
    peers.dial_ended(first, false, now);
    peers.dial_ended(second, false, now);
  }
  peers.due(pauses.forget_ns + 1, nobody);
  EXPECT_EQ(peers.address_of(NodeId{2}), nullptr);
  EXPECT_EQ(peers.address_count(), 1u);
}

TEST(Peers, ANodeThatIsLinkedIsNotForgotten) {
  SeededRandom random(1);
  const DialPauses pauses;
  Peers peers(NodeId{1}, pauses, random);
  peers.learn(NodeId{2}, second, 0);
  peers.due(2 * pauses.forget_ns, everybody);
  EXPECT_NE(peers.address_of(NodeId{2}), nullptr);
}

TEST(Peers, WhatANameHasNoMoreIsDialledNoMore) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  const Endpoint name{"nodes.example", 1};
  peers.add_seed_name(name, 0);
  EXPECT_EQ(peers.due_names(0, nobody), std::vector{name});
  EXPECT_TRUE(peers.due_names(0, nobody).empty()) << "a lookup is under way";
  peers.looked_up(name, {first, second}, 0);
  EXPECT_EQ(peers.due(0, nobody), (std::vector{first, second}));
  peers.dial_ended(first, false, 0);
  peers.dial_ended(second, false, 0);
  peers.looked_up(name, {second}, ns_per_s);
  EXPECT_EQ(peers.due(60 * ns_per_s, nobody), std::vector{second});
}

TEST(Peers, WhatANameHadStaysWhenNobodyCanSayWhatItHas) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  const Endpoint name{"nodes.example", 1};
  peers.add_seed_name(name, 0);
  peers.looked_up(name, {first}, 0);
  peers.looked_up(name, {}, ns_per_s);
  EXPECT_EQ(peers.due(2 * ns_per_s, nobody), std::vector{first});
}

TEST(Peers, AnAddressThatASeedAndANameShareStaysASeedWithoutTheName) {
  SeededRandom random(1);
  Peers peers(NodeId{1}, {}, random);
  const Endpoint name{"nodes.example", 1};
  peers.add_seed(first, 0);
  peers.add_seed_name(name, 0);
  peers.looked_up(name, {first}, 0);
  peers.looked_up(name, {second}, 0);
  EXPECT_EQ(peers.due(0, nobody), (std::vector{first, second}));
}

}  // namespace
}  // namespace tenon::cluster
