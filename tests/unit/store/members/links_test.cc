// Nodes of which some have no link to each other, and who waits for whom then.

#include <gtest/gtest.h>

#include "base/wire.h"
#include "store/links/reach.h"
#include "store/links/spreads.h"
#include "unit/store/members/test_members.h"

namespace tenon::store::test {
namespace {

// The two that do not lead.
std::vector<std::size_t> followers_of(std::size_t leader) {
  std::vector<std::size_t> numbers;
  for (const std::size_t number : {1, 2, 3})
    if (number != leader) numbers.push_back(number);
  return numbers;
}

bool is_for(const MemberPacket& packet, std::size_t number) {
  return packet.kind == PeerMessage::group && packet.to == MemberCluster::id(number);
}

TEST(Links, WhatAllAreToHaveWaitsForANodeThatOnlyOthersAreLinkedTo) {
  MemberCluster cluster(3);
  cluster.write(5);
  const std::vector<std::size_t> both = followers_of(cluster.await_leader());
  MemberNode& one = cluster.node(both[0]);
  MemberNode& other = cluster.node(both[1]);
  cluster.cut_link(both[0], both[1]);
  cluster.rounds(20);
  // The leader's entries are on their way to it, for shorter than any time-out.
  cluster.on_packet = [&](const MemberPacket& packet) { return !is_for(packet, both[1]); };
  const std::size_t before = one.done;
  one.put("k", "v", true);
  cluster.rounds(20);
  EXPECT_EQ(one.value(cluster.range(), "k"), "v");
  EXPECT_EQ(one.done, before);
  cluster.on_packet = nullptr;
  ASSERT_TRUE(cluster.until([&] { return one.done > before; }, 500));
  EXPECT_EQ(other.value(cluster.range(), "k"), "v");
}

TEST(Links, ANodeWhoseLinkEndsMeanwhileIsWaitedForThroughOthers) {
  MemberCluster cluster(3);
  cluster.write(5);
  const std::vector<std::size_t> both = followers_of(cluster.await_leader());
  MemberNode& one = cluster.node(both[0]);
  cluster.on_packet = [&](const MemberPacket& packet) { return !is_for(packet, both[1]); };
  const std::size_t before = one.done;
  one.put("k", "v", true);
  cluster.rounds(10);
  cluster.cut_link(both[0], both[1]);
  cluster.rounds(10);
  EXPECT_EQ(one.done, before);
  cluster.on_packet = nullptr;
  ASSERT_TRUE(cluster.until([&] { return one.done > before; }, 500));
  EXPECT_EQ(cluster.node(both[1]).value(cluster.range(), "k"), "v");
}

TEST(Links, ANodeThatNobodyIsLinkedToIsNotWaitedFor) {
  MemberCluster cluster(3);
  cluster.write(5);
  const std::size_t leader = cluster.await_leader();
  const std::vector<std::size_t> both = followers_of(leader);
  cluster.cut_link(both[0], both[1]);
  cluster.cut_link(leader, both[1]);
  MemberNode& one = cluster.node(both[0]);
  const std::size_t before = one.done;
  one.put("k", "v", true);
  ASSERT_TRUE(cluster.until([&] { return one.done > before; }, 500));
  EXPECT_NE(cluster.node(both[1]).value(cluster.range(), "k"), "v");
}

// Node 4 has all and does not vote: a voter would stand for the lead.
class LinkOfALearner : public testing::Test {
 protected:
  void SetUp() override {
    cluster.start(4);
    cluster.write(5);
    ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}) && cluster.has_all(4); }));
  }

  MemberCluster cluster{3, {.all_learn = true}};
};

TEST_F(LinkOfALearner, ALeaderThatLacksItGivesTheLeadToOneThatIsLinkedToAll) {
  const std::size_t leader = cluster.await_leader();
  cluster.cut_link(leader, 4);
  const std::size_t before = cluster.node(leader).done;
  cluster.node(leader).put("k", "v", true);
  ASSERT_TRUE(cluster.until([&] { return cluster.node(leader).done > before; }, 1000));
  EXPECT_EQ(cluster.node(4).value(cluster.range(), "k"), "v");
  const std::size_t heir = cluster.await_leader();
  EXPECT_NE(heir, leader);
  cluster.write(5, 4);
  // Nobody has more than another one any more.
  cluster.mend_link(leader, 4);
  cluster.rounds(500);
  EXPECT_EQ(cluster.await_leader(), heir);
}

// It would come back at once.
TEST_F(LinkOfALearner, ALeaderThatLacksItKeepsTheLeadWhereTheOthersHandOnWhatTheyLead) {
  const std::size_t leader = cluster.await_leader();
  const std::vector<std::size_t> others = followers_of(leader);
  cluster.node(leader).keeper().set_no_heirs({MemberCluster::id(others[0]), MemberCluster::id(others[1])});
  cluster.cut_link(leader, 4);
  cluster.rounds(500);
  EXPECT_EQ(cluster.await_leader(), leader);
  cluster.node(leader).keeper().set_no_heirs({MemberCluster::id(others[0])});
  cluster.rounds(500);
  EXPECT_EQ(cluster.await_leader(), others[1]);
}

std::string links_of(std::initializer_list<std::uint64_t> nodes) {
  std::string body;
  WireWriter out(body);
  out.varint(nodes.size());
  for (const std::uint64_t node : nodes) out.u64(node);
  return body;
}

// What a node asks and answers that nobody answers.
struct Unanswered final : SpreadsPorts {
  void ask_applied(NodeId node, const RangeId&, std::string&&, std::uint64_t) override {
    asked.push_back(node);
  }
  void spread_ended(Ticket, Answer&&) override {}
  void answer(const ReplyTo& to, Answer&& answer) override { answers.emplace_back(to.node, answer.code); }

  std::vector<NodeId> asked;
  std::vector<std::pair<NodeId, AnswerCode>> answers;
};

// Whoever asked may have given up long ago, and asks again if not.
TEST(Spreads, AnotherNodesQuestionIsNotKeptForever) {
  Reach reach;
  Unanswered ports;
  Spreads spreads(NodeId{1}, reach, ports, 1);
  for (const std::uint64_t node : {2, 3}) reach.on_peer(NodeId{node}, true);
  ASSERT_TRUE(reach.on_message(NodeId{2}, links_of({1})));
  spreads.tick(ns_per_s);
  ASSERT_TRUE(spreads.relay({1, 1}, std::string(1, 7), {NodeId{2}, 5}));
  EXPECT_EQ(ports.asked, (std::vector{NodeId{3}, NodeId{1}}));
  spreads.tick(30 * ns_per_s);
  EXPECT_FALSE(spreads.empty());
  spreads.tick(31 * ns_per_s);
  EXPECT_TRUE(spreads.empty());
  EXPECT_EQ(ports.answers, (std::vector{std::pair{NodeId{2}, AnswerCode::busy}}));
}

TEST(Reach, TellsOfItsLinksWhenTheyHaveChanged) {
  Reach reach;
  EXPECT_FALSE(reach.take_news());
  reach.on_peer(NodeId{2}, true);
  reach.on_peer(NodeId{3}, true);
  EXPECT_EQ(reach.take_news(), links_of({2, 3}));
  EXPECT_FALSE(reach.take_news());
  reach.on_peer(NodeId{2}, false);
  EXPECT_EQ(reach.take_news(), links_of({3}));
}

TEST(Reach, OfANodeThatSaysNothingOfItsLinksNothingIsKnown) {
  Reach reach;
  for (const std::uint64_t node : {2, 3, 4}) reach.on_peer(NodeId{node}, true);
  EXPECT_TRUE(reach.beyond(NodeId{2}).empty());
  ASSERT_TRUE(reach.on_message(NodeId{2}, links_of({1, 4})));
  EXPECT_EQ(reach.beyond(NodeId{2}), std::vector{NodeId{3}});
  // What it said by a former link counts no more.
  reach.on_peer(NodeId{2}, false);
  reach.on_peer(NodeId{2}, true);
  EXPECT_TRUE(reach.beyond(NodeId{2}).empty());
  EXPECT_FALSE(reach.on_message(NodeId{2}, links_of({1, 4}).substr(0, 9)));
  EXPECT_TRUE(reach.beyond(NodeId{2}).empty());
}

TEST(Reach, ANodeHasMoreLinksWhenItHasHadThemForAWhile) {
  Reach reach;
  reach.on_peer(NodeId{2}, true);
  ASSERT_TRUE(reach.on_message(NodeId{2}, links_of({1, 3})));
  EXPECT_TRUE(reach.with_more_links(0).empty());
  EXPECT_TRUE(reach.with_more_links(ns_per_s).empty());
  // Equal in between: the time begins anew.
  reach.on_peer(NodeId{3}, true);
  EXPECT_TRUE(reach.with_more_links(ns_per_s).empty());
  reach.on_peer(NodeId{3}, false);
  EXPECT_TRUE(reach.with_more_links(2 * ns_per_s).empty());
  EXPECT_TRUE(reach.with_more_links(3 * ns_per_s).empty());
  EXPECT_EQ(reach.with_more_links(4 * ns_per_s), std::set{NodeId{2}});
}

}  // namespace
}  // namespace tenon::store::test
