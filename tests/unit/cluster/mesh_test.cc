#include "cluster/mesh.h"

#include <gtest/gtest.h>

#include <sstream>

#include "fake_net.h"

namespace tenon::cluster {
namespace {

using test::FakeNet;
using test::FakeNode;

constexpr std::uint64_t seeds_count = 50;

void expect_whole(const FakeNet& net, const std::vector<FakeNode*>& nodes) {
  for (const FakeNode* node : nodes) EXPECT_EQ(node->up.size(), nodes.size() - 1);
  EXPECT_EQ(net.connection_count(), nodes.size() * (nodes.size() - 1) / 2);
}

TEST(Mesh, TwoNodesThatDialEachOtherAtOnceEndWithOneLink) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    FakeNode& a = net.add(1);
    FakeNode& b = net.add(2);
    a.mesh.add_seed(b.address, net.now);
    b.mesh.add_seed(a.address, net.now);
    net.run_for(25 * ns_per_s);
    EXPECT_EQ(a.up_count, 1) << "the first link that is up is the one that stays";
    EXPECT_EQ(b.up_count, 1);
    expect_whole(net, {&a, &b});
  }
}

TEST(Mesh, FiveNodesWithOneSeedLinkEachWithEach) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    std::vector<FakeNode*> nodes;
    for (std::uint64_t id = 1; id <= 5; ++id) nodes.push_back(&net.add(id));
    for (FakeNode* node : nodes) node->mesh.add_seed(nodes[2]->address, net.now);
    net.run_for(20 * ns_per_s);
    expect_whole(net, nodes);
    for (const FakeNode* node : nodes) EXPECT_EQ(node->known.size(), 4u);
  }
}

TEST(Mesh, SeedsThatLeadToTheSameNodeAddNoLink) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  const Endpoint proxy{"proxy", 1};
  net.detours[proxy] = b.address;
  a.mesh.add_seed(b.address, net.now);
  a.mesh.add_seed(proxy, net.now);
  b.mesh.add_seed(proxy, net.now);
  net.run_for(90 * ns_per_s);
  expect_whole(net, {&a, &b});
  EXPECT_GT(b.refused[LinkEnd::itself], 0);
  EXPECT_LT(b.refused[LinkEnd::itself], 5);
}

TEST(Mesh, AProxyThatLeadsToAnyNodeIsEnough) {
  FakeNet net(3);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  FakeNode& c = net.add(3);
  const Endpoint proxy{"proxy", 1};
  net.detours[proxy] = b.address;
  for (FakeNode* node : {&a, &b, &c}) node->mesh.add_seed(proxy, net.now);
  net.run_for(20 * ns_per_s);
  expect_whole(net, {&a, &b, &c});
}

TEST(Mesh, MessagesOfALinkArriveInOrder) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    FakeNet net(seed);
    FakeNode& a = net.add(1);
    FakeNode& b = net.add(2);
    a.mesh.add_seed(b.address, net.now);
    net.run_for(3 * ns_per_s);
    std::string expected;
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(a.mesh.send(b.id, Lane::requests, 7, std::to_string(i)));
      expected += "7:" + std::to_string(i) + ";";
      if (i % 10 == 0) net.run_for(20 * ns_per_ms);
    }
    net.run_for(5 * ns_per_s);
    EXPECT_EQ(b.received[a.id], expected);
  }
}

TEST(Mesh, WhatCannotBeSentIsDroppedAndCounted) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  EXPECT_FALSE(a.mesh.send(b.id, Lane::requests, 1, "nobody there"));
  a.mesh.add_seed(b.address, net.now);
  net.run_for(3 * ns_per_s);
  EXPECT_FALSE(a.mesh.send(b.id, Lane::requests, 1, std::string(LinkLimits().message_bytes_max + 1, 'x')));
  const std::string large(LinkLimits().message_bytes_max, 'x');
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(a.mesh.send(b.id, Lane::requests, 1, std::string(large)));
  EXPECT_FALSE(a.mesh.send(b.id, Lane::requests, 1, std::string(large)));
  EXPECT_EQ(a.dropped[DropCause::no_link], 1u);
  EXPECT_EQ(a.dropped[DropCause::too_large], 1u);
  EXPECT_EQ(a.dropped[DropCause::queue_full], 1u);
  a.mesh.stop(net.now);
  EXPECT_EQ(a.dropped[DropCause::link_lost], 3u);
}

TEST(Mesh, ASilentNodeIsDownWithinTheLimitAndBackWhenItIsHeardAgain) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  a.mesh.add_seed(b.address, net.now);
  net.run_for(3 * ns_per_s);
  ASSERT_EQ(a.up.size(), 1u);
  b.frozen = true;
  net.run_for(2'800 * ns_per_ms);
  EXPECT_EQ(a.up.size(), 1u);
  net.run_for(400 * ns_per_ms);
  EXPECT_EQ(a.up.size(), 0u);
  EXPECT_EQ(a.downs, std::vector{LinkEnd::silent});
  b.frozen = false;
  net.run_for(15 * ns_per_s);
  expect_whole(net, {&a, &b});
}

TEST(Mesh, ANodeThatHadLeftAndIsBackForOthersOnlyIsAliveForAllAgain) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  FakeNode* c = &net.add(3);
  for (FakeNode* node : {&b, c}) node->mesh.add_seed(a.address, net.now);
  net.run_for(20 * ns_per_s);
  expect_whole(net, {&a, &b, c});
  c->mesh.stop(net.now);
  net.run_for(ns_per_s);
  net.kill(*c);
  ASSERT_EQ(a.states[NodeId{3}], NodeState::left);
  FakeNode& again = net.add(3, 2);
  net.cut(a, again);
  again.mesh.add_seed(b.address, net.now);
  net.run_for(20 * ns_per_s);
  EXPECT_TRUE(b.up.contains(again.id));
  EXPECT_FALSE(a.up.contains(again.id));
  EXPECT_EQ(a.states[again.id], NodeState::alive);
}

TEST(Mesh, ANodeThatIsStartedAgainTakesThePlaceOfItsFormerSelf) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    FakeNode& a = net.add(1 + seed % 2 * 2);
    FakeNode& b = net.add(2, 1);
    a.mesh.add_seed(b.address, net.now);
    b.mesh.add_seed(a.address, net.now);
    net.run_for(5 * ns_per_s);
    // The first one's machine is cut off: its connections are never closed.
    b.frozen = true;
    FakeNode& again = net.add(2, 2);
    again.mesh.add_seed(a.address, net.now);
    net.run_for(ns_per_s);
    EXPECT_EQ(a.up.size(), 1u);
    EXPECT_EQ(again.up.size(), 1u);
    EXPECT_EQ(a.downs.back(), LinkEnd::replaced);
    EXPECT_EQ(a.twin_count + again.twin_count, 0);
  }
}

TEST(Mesh, AKilledNodeIsDownAtOnce) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  a.mesh.add_seed(b.address, net.now);
  net.run_for(3 * ns_per_s);
  net.kill(b);
  net.run_for(200 * ns_per_ms);
  EXPECT_EQ(a.downs, std::vector{LinkEnd::lost});
}

TEST(Mesh, ANodeThatStopsSaysGoodbye) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  a.mesh.add_seed(b.address, net.now);
  net.run_for(3 * ns_per_s);
  b.mesh.stop(net.now);
  net.run_for(200 * ns_per_ms);
  EXPECT_EQ(a.downs, std::vector{LinkEnd::leaving});
  EXPECT_TRUE(b.up.empty());
}

TEST(Mesh, ALinkToANodeOfAnotherClusterEndsWhenThisOneIsFounded) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  b.mesh.set_cluster_id(5, net.now);
  a.mesh.add_seed(b.address, net.now);
  net.run_for(3 * ns_per_s);
  ASSERT_EQ(a.up.size(), 1u);
  a.mesh.set_cluster_id(6, net.now);
  net.run_for(3 * ns_per_s);
  EXPECT_TRUE(a.up.empty() && b.up.empty());
  EXPECT_GT(a.refused[LinkEnd::cluster_id], 0);
}

// Nodes that freeze, wake and die at random; in the end all that live are linked, once each.
TEST(Mesh, HealsWhateverHappened) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    tenon::test::SimRandom numbers(seed + 1000);
    std::vector<FakeNode*> nodes;
    std::vector<std::uint64_t> incarnations(4, 1);
    for (std::uint64_t id = 1; id <= 4; ++id) nodes.push_back(&net.add(id));
    const auto join = [&](FakeNode& node) {
      node.mesh.add_seed({"node1", 7883}, net.now);
      node.mesh.add_seed({"node2", 7883}, net.now);
    };
    for (FakeNode* node : nodes) join(*node);
    for (int i = 0; i < 30; ++i) {
      const std::size_t who = numbers.below(nodes.size());
      switch (numbers.below(3)) {
        case 0:
          nodes[who]->frozen = !nodes[who]->frozen;
          break;
        case 1:
          net.kill(*nodes[who]);
          nodes[who] = &net.add(who + 1, ++incarnations[who]);
          join(*nodes[who]);
          break;
        default:
          break;
      }
      net.run_for(static_cast<std::int64_t>(numbers.below(3000)) * ns_per_ms / 10 * 10);
    }
    for (FakeNode* node : nodes) node->frozen = false;
    net.run_for(40 * ns_per_s);
    expect_whole(net, nodes);
    for (const FakeNode* node : nodes) EXPECT_EQ(node->twin_count, 0);
  }
}

TEST(Mesh, ANameThatHasTheAddressesOfAllNodesIsSeedEnoughForEach) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    const Endpoint name{"nodes.example", 7883};
    std::vector<FakeNode*> nodes;
    for (std::uint64_t id = 1; id <= 3; ++id) nodes.push_back(&net.add(id));
    for (FakeNode* node : nodes) {
      net.names[name].insert(node->address);
      node->mesh.add_seed_name(name, net.now);
    }
    net.run_for(20 * ns_per_s);
    expect_whole(net, nodes);
  }
}

TEST(Mesh, ANameIsLookedUpAgainUntilItLeadsToSomebodyAndSeldomFromThenOn) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  const Endpoint name{"nodes.example", 7883};
  a.mesh.add_seed_name(name, net.now);
  net.run_for(30 * ns_per_s);
  EXPECT_GT(a.lookup_count, 5);
  EXPECT_LT(a.lookup_count, 30);
  FakeNode& b = net.add(2);
  net.names[name] = {b.address};
  net.run_for(10 * ns_per_s);
  expect_whole(net, {&a, &b});
  const int before = a.lookup_count;
  net.run_for(60 * ns_per_s);
  EXPECT_GE(a.lookup_count, before + 1);
  EXPECT_LE(a.lookup_count, before + 3);
}

TEST(Mesh, NodesThatMovedAreFoundByTheirNameWhenNobodyIsLeft) {
  FakeNet net(2);
  FakeNode& a = net.add(1);
  FakeNode* b = &net.add(2);
  const Endpoint name{"nodes.example", 7883};
  const Endpoint moved{"elsewhere", 1};
  net.names[name] = {b->address};
  a.mesh.add_seed_name(name, net.now);
  net.run_for(10 * ns_per_s);
  ASSERT_EQ(a.up.size(), 1u);
  net.kill(*b);
  net.run_for(5 * ns_per_s);
  FakeNode& c = net.add(3);
  net.detours[moved] = c.address;
  net.names[name] = {moved};
  net.run_for(15 * ns_per_s);
  expect_whole(net, {&a, &c});
}

TEST(Mesh, AProxyThatLedBackToALonelyNodeIsAskedAgainSoon) {
  FakeNet net(4);
  FakeNode& a = net.add(1);
  const Endpoint proxy{"proxy", 1};
  net.detours[proxy] = a.address;
  a.mesh.add_seed(proxy, net.now);
  net.run_for(20 * ns_per_s);
  EXPECT_GT(a.refused[LinkEnd::itself], 3);
  EXPECT_EQ(a.twin_count, 0);
  FakeNode& b = net.add(2);
  net.detours[proxy] = b.address;
  net.run_for(10 * ns_per_s);
  expect_whole(net, {&a, &b});
}

std::vector<FakeNode*> linked_nodes(FakeNet& net, std::uint64_t count) {
  std::vector<FakeNode*> nodes;
  for (std::uint64_t id = 1; id <= count; ++id) nodes.push_back(&net.add(id));
  for (FakeNode* node : nodes) node->mesh.add_seed(nodes[0]->address, net.now);
  net.run_for(20 * ns_per_s);
  expect_whole(net, nodes);
  return nodes;
}

TEST(Mesh, TwoNodesThatLoseEachOtherAreNotGoneWhileAThirdOneReachesBoth) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    const auto nodes = linked_nodes(net, 3);
    net.cut(*nodes[0], *nodes[1]);
    for (int second = 0; second < 30; ++second) {
      net.run_for(ns_per_s);
      ASSERT_NE(nodes[0]->states[nodes[1]->id], NodeState::gone);
      ASSERT_NE(nodes[1]->states[nodes[0]->id], NodeState::gone);
    }
    EXPECT_FALSE(nodes[0]->up.contains(nodes[1]->id)) << "there is no link all the same";
    net.cuts.clear();
    net.run_for(10 * ns_per_s);
    expect_whole(net, nodes);
  }
}

TEST(Mesh, ANodeThatCanNotBeHeardByOneOtherOnlyIsNotGoneForIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    const auto nodes = linked_nodes(net, 5);
    net.cuts.insert({nodes[3]->id, nodes[0]->id});
    for (int second = 0; second < 30; ++second) {
      net.run_for(ns_per_s);
      for (const FakeNode* node : nodes)
        for (const auto& [other, state] : node->states) ASSERT_NE(state, NodeState::gone);
    }
  }
}

TEST(Mesh, ANodeThatNobodyHearsIsGoneForAllWithinTheBoundAndAliveWhenItIsBack) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    const auto nodes = linked_nodes(net, 5);
    nodes[2]->frozen = true;
    net.run_for(4 * ns_per_s);
    for (const FakeNode* node : nodes) {
      if (node != nodes[2]) {
        EXPECT_EQ(node->states.at(nodes[2]->id), NodeState::gone);
      }
    }
    nodes[2]->frozen = false;
    net.run_for(15 * ns_per_s);
    expect_whole(net, nodes);
    for (const FakeNode* node : nodes)
      for (const auto& [other, state] : node->states) EXPECT_EQ(state, NodeState::alive);
  }
}

TEST(Mesh, ThoseOnTheOtherSideOfAPartitionAreGoneForEachSide) {
  FakeNet net(7);
  const auto nodes = linked_nodes(net, 5);
  for (const int few : {0, 1})
    for (const int many : {2, 3, 4}) net.cut(*nodes[few], *nodes[many]);
  net.run_for(8 * ns_per_s);
  EXPECT_EQ(nodes[0]->states.at(nodes[1]->id), NodeState::alive);
  EXPECT_EQ(nodes[0]->states.at(nodes[3]->id), NodeState::gone);
  EXPECT_EQ(nodes[3]->states.at(nodes[0]->id), NodeState::gone);
  EXPECT_EQ(nodes[3]->states.at(nodes[4]->id), NodeState::alive);
  net.cuts.clear();
  net.run_for(15 * ns_per_s);
  expect_whole(net, nodes);
}

TEST(Mesh, ANodeThatStopsHasLeftForTheOthers) {
  FakeNet net(5);
  const auto nodes = linked_nodes(net, 3);
  nodes[1]->mesh.stop(net.now);
  net.run_for(ns_per_s);
  EXPECT_EQ(nodes[0]->states.at(nodes[1]->id), NodeState::left);
  EXPECT_EQ(nodes[1]->states.at(nodes[0]->id), NodeState::alive) << "who stops judges nobody";
}

TEST(Mesh, ANodeThatStartsAndCanNotReachOneOfTheOthersHearsThatItLives) {
  FakeNet net(6);
  const auto nodes = linked_nodes(net, 2);
  FakeNode& late = net.add(3);
  net.cut(late, *nodes[1]);
  late.mesh.add_seed(nodes[0]->address, net.now);
  net.run_for(15 * ns_per_s);
  EXPECT_EQ(late.up, std::set{nodes[0]->id});
  EXPECT_EQ(late.states.at(nodes[1]->id), NodeState::alive);
  EXPECT_EQ(nodes[1]->states.at(late.id), NodeState::alive);
}

TEST(Mesh, ANodeThatWasRemovedLosesItsLinksAndIsNotLetInAgain) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  FakeNode& c = net.add(3);
  for (FakeNode* node : {&b, &c}) node->mesh.add_seed(a.address, net.now);
  net.run_for(5 * ns_per_s);
  expect_whole(net, {&a, &b, &c});
  for (FakeNode* node : {&a, &b}) node->mesh.set_removed({NodeId{3}}, net.now);
  net.run_for(5 * ns_per_s);
  expect_whole(net, {&a, &b});
  EXPECT_TRUE(c.up.empty());
  EXPECT_TRUE(c.removed_by.contains(NodeId{1})) << "it dials its seed, and hears why not";
  EXPECT_GT(a.refused[LinkEnd::removed], 0);
  EXPECT_TRUE(a.removed_by.empty());
  // Its data are gone: it comes with a new id.
  net.kill(c);
  FakeNode& fresh = net.add(4);
  fresh.mesh.add_seed(a.address, net.now);
  net.run_for(10 * ns_per_s);
  expect_whole(net, {&a, &b, &fresh});
}

TEST(Mesh, ANodeThatHasTheAddressOfARemovedOneIsFoundThroughItsSeed) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  const Endpoint place{"place", 1};
  net.detours[place] = b.address;
  a.mesh.add_seed(place, net.now);
  net.run_for(5 * ns_per_s);
  expect_whole(net, {&a, &b});
  a.mesh.set_removed({NodeId{2}}, net.now);
  net.run_for(10 * ns_per_s);
  EXPECT_TRUE(a.up.empty());
  net.kill(b);
  FakeNode& fresh = net.add(3);
  net.detours[place] = fresh.address;
  net.run_for(10 * ns_per_s);
  expect_whole(net, {&a, &fresh});
}

// Two nodes, of these versions, that are linked.
struct LinkedPair {
  explicit LinkedPair(std::uint16_t a_version = protocol_version_max,
                      std::uint16_t b_version = protocol_version_max)
      : a(net.add(1, 1, a_version)), b(net.add(2, 1, b_version)) {
    a.mesh.add_seed(b.address, net.now);
    net.run_for(3 * ns_per_s);
    EXPECT_EQ(a.up.size(), 1u);
  }
  FakeNet net = FakeNet(1);
  FakeNode& a;
  FakeNode& b;
};

TEST(Mesh, NodesWithAndWithoutLanesUnderstandEachOtherAndKeepTheOrderOfEachLane) {
  for (const auto& [a_version, b_version] :
       {std::pair<std::uint16_t, std::uint16_t>{1, 2}, {2, 1}, {1, 1}, {2, 2}}) {
    LinkedPair pair(a_version, b_version);
    std::map<Lane, std::string> expected;
    for (int i = 0; i < 100; ++i)
      for (const Lane lane : {Lane::groups, Lane::requests, Lane::deliveries, Lane::snapshots}) {
        const auto kind = static_cast<std::uint8_t>(lane);
        ASSERT_TRUE(pair.a.mesh.send(pair.b.id, lane, kind, std::to_string(i)));
        expected[lane] += std::to_string(kind) + ":" + std::to_string(i) + ";";
      }
    pair.net.run_for(2 * ns_per_s);
    std::map<Lane, std::string> got;
    std::istringstream all(pair.b.received[pair.a.id]);
    for (std::string one; std::getline(all, one, ';');) got[static_cast<Lane>(one[0] - '0')] += one + ";";
    EXPECT_EQ(got, expected) << a_version << " " << b_version;
  }
}

TEST(Mesh, WhoIsSlowToWorkOffDeliveriesHearsAllElseAndPressureIsTold) {
  LinkedPair pair;
  pair.b.takes_in = false;
  const std::string delivery(100'000, 'd');
  const std::size_t slow_count = LinkLimits().queue_bytes_max / 8 / delivery.size() + 20;
  for (std::size_t i = 0; i < slow_count; ++i)
    ASSERT_TRUE(pair.a.mesh.send(pair.b.id, Lane::deliveries, 4, std::string(delivery)));
  pair.net.run_for(5 * ns_per_s);
  EXPECT_EQ(pair.a.pressures[pair.b.id], Pressure::slow);
  EXPECT_LE(pair.b.received[pair.a.id].size(), lane_window_bytes);
  EXPECT_EQ(pair.a.up.size(), 1u) << "the failure detector is not held up";
  EXPECT_EQ(pair.a.mesh.stall_count(Lane::deliveries), 1u);
  pair.b.received.clear();
  ASSERT_TRUE(pair.a.mesh.send(pair.b.id, Lane::groups, 2, "heartbeat"));
  pair.net.run_for(200 * ns_per_ms);
  EXPECT_EQ(pair.b.received[pair.a.id], "2:heartbeat;");
}

TEST(Mesh, WithItsLinkThePressureOfANodeIsGone) {
  LinkedPair pair;
  const NodeId other = pair.b.id;
  for (std::size_t sent = 0; sent < LinkLimits().queue_bytes_max / 2 + (1u << 20); sent += 1u << 20)
    ASSERT_TRUE(pair.a.mesh.send(other, Lane::deliveries, 4, std::string(1u << 20, 'd')));
  pair.a.mesh.look_at_pressure();
  EXPECT_EQ(pair.a.pressures[other], Pressure::full);
  pair.net.kill(pair.b);
  pair.net.run_for(ns_per_s);
  EXPECT_EQ(pair.a.up.size(), 0u);
  EXPECT_EQ(pair.a.pressures[other], Pressure::none);
}

TEST(Mesh, ACreditThatCannotBeEndsTheLink) {
  for (const Credit& credit : {Credit{Lane::deliveries, UINT64_MAX}, Credit{Lane::deliveries, 1},
                               Credit{Lane::groups, lane_window_bytes}}) {
    LinkedPair pair;
    std::string frame;
    append_frame(frame, Lane::control, FrameType::credit, protocol_version_max, write_credit(credit));
    // The only link there is.
    pair.a.mesh.received(LinkKey{1}, as_bytes(frame), pair.net.now);
    EXPECT_EQ(pair.a.downs, std::vector{LinkEnd::malformed});
  }
}

TEST(Mesh, OfManyStrangersTheOldestGivesWayAndNoLinkThatIsUpDoes) {
  LinkedPair pair;
  std::vector<LinkKey> strangers;
  for (std::size_t i = 0; i < strangers_max + 3; ++i) strangers.push_back(pair.b.mesh.accepted(pair.net.now));
  for (std::size_t i = 0; i < strangers.size(); ++i)
    EXPECT_EQ(pair.b.mesh.is_ended(strangers[i]), i < 3) << i;
  EXPECT_EQ(pair.b.refused[LinkEnd::crowded], 3);
  EXPECT_TRUE(pair.b.downs.empty());
  // A node that comes now is let in.
  FakeNode& c = pair.net.add(3);
  c.mesh.add_seed(pair.b.address, pair.net.now);
  pair.net.run_for(ns_per_s);
  EXPECT_TRUE(pair.b.up.contains(c.id));
  EXPECT_TRUE(pair.b.downs.empty());
}

TEST(Mesh, WhatThisNodeDialsCountsForNoStranger) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  const LinkKey first = a.mesh.accepted(net.now);
  for (std::size_t i = 0; i < 2 * strangers_max; ++i) a.mesh.dialled({"other", 1}, net.now);
  a.mesh.accepted(net.now);
  EXPECT_FALSE(a.mesh.is_ended(first));
}

TEST(Mesh, WhoAsksAndNeverReadsTheAnswersLosesItsLinkAtABound) {
  LinkedPair pair;
  std::string pings;
  for (int i = 0; i < 1000; ++i)
    append_frame(pings, Lane::control, FrameType::ping, protocol_version_max, write_ping(5));
  // Nothing is written meanwhile.
  std::size_t heard_bytes = 0;
  while (pair.a.downs.empty() && heard_bytes < 64u << 20) {
    // The only link there is.
    pair.a.mesh.received(LinkKey{1}, as_bytes(pings), pair.net.now);
    heard_bytes += pings.size();
  }
  EXPECT_EQ(pair.a.downs, std::vector{LinkEnd::unread});
  EXPECT_GT(heard_bytes, LinkLimits().control_bytes_max);
  EXPECT_LE(heard_bytes, LinkLimits().control_bytes_max + pings.size());
}

TEST(Mesh, WhoReadsTheAnswersMayAskOnAndOn) {
  LinkedPair pair;
  std::string pings;
  for (int i = 0; i < 1000; ++i)
    append_frame(pings, Lane::control, FrameType::ping, protocol_version_max, write_ping(5));
  for (int i = 0; i < 400; ++i) {
    pair.a.mesh.received(LinkKey{1}, as_bytes(pings), pair.net.now);
    LinkOutput& output = *pair.a.mesh.output(LinkKey{1});
    std::vector<Bytes> spans;
    for (output.gather(protocol_version_max, spans); !spans.empty();
         output.gather(protocol_version_max, spans))
      for (const Bytes span : std::exchange(spans, {})) output.written(span.size());
  }
  EXPECT_TRUE(pair.a.downs.empty());
}

// The node dials an address, where somebody without the token says to be another node.
LinkKey dial_a_stranger(FakeNode& node, NodeId pretended, std::uint64_t incarnation, MonoNs now) {
  const LinkKey key = node.mesh.dialled({"stale", 1}, now);
  Hello hello;
  hello.version_min = protocol_version_min;
  hello.version_max = protocol_version_max;
  hello.node = pretended;
  hello.incarnation = incarnation;
  hello.env = "default";
  hello.address = {"stale", 1};
  std::string frame;
  append_frame(frame, Lane::control, FrameType::hello, handshake_version, write_hello(hello));
  node.mesh.received(key, as_bytes(frame), now);
  return key;
}

TEST(Mesh, AStrangerThatIsDialledAndHasNotShownTheTokenEndsNoLinkThatIsUp) {
  for (const std::uint64_t incarnation : {std::uint64_t{1}, std::uint64_t{2}, UINT64_MAX}) {
    LinkedPair pair;
    dial_a_stranger(pair.a, pair.b.id, incarnation, pair.net.now);
    dial_a_stranger(pair.b, pair.a.id, incarnation, pair.net.now);
    pair.net.run_for(10 * ns_per_s);
    EXPECT_TRUE(pair.a.downs.empty());
    EXPECT_TRUE(pair.b.downs.empty());
  }
}

TEST(Mesh, AStrangerThatWasDialledFirstKeepsOutNoNodeThatKnowsTheToken) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  FakeNode& b = net.add(2);
  dial_a_stranger(a, b.id, UINT64_MAX, net.now);
  b.mesh.add_seed(a.address, net.now);
  net.run_for(2 * ns_per_s);
  EXPECT_TRUE(a.up.contains(b.id)) << "before the handshake of the stranger takes too long";
  EXPECT_EQ(a.refused[LinkEnd::stale], 0);
}

TEST(Mesh, OfTwoClustersThatWereFoundedOverALinkTheLinkEndsAsSoonAsOneOfThemHearsOfIt) {
  for (const bool told_first : {true, false}) {
    LinkedPair pair;
    FakeNode& a = pair.a;
    FakeNode& b = pair.b;
    b.mesh.set_cluster_id(222, pair.net.now);
    if (told_first) a.mesh.set_peer_cluster_id(b.id, 222, pair.net.now);
    EXPECT_TRUE(a.downs.empty()) << "a node that is in no cluster yet may join one";
    a.mesh.set_cluster_id(111, pair.net.now);
    if (!told_first) a.mesh.set_peer_cluster_id(b.id, 222, pair.net.now);
    EXPECT_EQ(a.downs, std::vector{LinkEnd::cluster_id});
    pair.net.run_for(10 * ns_per_s);
    EXPECT_EQ(b.downs, std::vector{LinkEnd::cluster_id});
    EXPECT_TRUE(a.up.empty());
    EXPECT_TRUE(b.up.empty());
  }
}

TEST(Mesh, ANodeThatSaysToBeInTheSameClusterStaysLinked) {
  LinkedPair pair;
  pair.b.mesh.set_cluster_id(111, pair.net.now);
  pair.a.mesh.set_cluster_id(111, pair.net.now);
  pair.a.mesh.set_peer_cluster_id(pair.b.id, 111, pair.net.now);
  EXPECT_TRUE(pair.a.downs.empty());
}

TEST(Mesh, ThatThisNodeWasRemovedIsNotBelievedWithoutTheToken) {
  FakeNet net(1);
  FakeNode& a = net.add(1);
  std::string bare;
  append_frame(bare, Lane::control, FrameType::end, handshake_version, write_end(LinkEnd::removed));
  std::string wrong;
  append_frame(wrong, Lane::control, FrameType::end, handshake_version,
               write_end(LinkEnd::removed, Sha256Digest{}));
  for (const std::string& end : {bare, wrong}) {
    a.mesh.received(a.mesh.dialled({"stale", 1}, net.now), as_bytes(end), net.now);
    a.mesh.received(dial_a_stranger(a, NodeId{2}, 1, net.now), as_bytes(end), net.now);
  }
  EXPECT_TRUE(a.removed_by.empty());
  EXPECT_EQ(a.refused[LinkEnd::removed], 4);
}

}  // namespace
}  // namespace tenon::cluster
