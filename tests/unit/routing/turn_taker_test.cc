#include "routing/turn_taker.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tenon::routing {
namespace {

class Spreading : public ::testing::Test {
 protected:
  static GroupMatch group_of(std::uint32_t count) {
    GroupMatch group;
    group.id = 7;
    group.digest = 0x1234'5678'9ABC'DEF0;
    for (std::uint32_t i = 0; i < count; ++i) {
      Receiver& member = group.members.emplace_back();
      member.key = key_of(ConnectionAddress{i % 2, i, 1});
    }
    return group;
  }
  ReceiverKey pick(const GroupMatch& group, Spread spread, std::uint64_t source, std::string_view topic) {
    return group
        .members[turns.pick(group, spread, ReceiverKey{source}, topic,
                            [this](const Receiver& member) { return locals.contains(member.key); })]
        .key;
  }
  static void remove(GroupMatch& group, ReceiverKey key) {
    std::erase_if(group.members, [&](const Receiver& member) { return member.key == key; });
  }

  TurnTaker turns{42};
  std::set<ReceiverKey> locals;
};

TEST_F(Spreading, RandomReachesAllAndFavoursNobody) {
  const GroupMatch group = group_of(4);
  std::map<ReceiverKey, int> count;
  for (int i = 0; i < 4000; ++i) ++count[pick(group, Spread::random, 1, "t")];
  ASSERT_EQ(count.size(), 4u);
  for (const auto& [key, n] : count) EXPECT_NEAR(n, 1000, 200);
}

TEST_F(Spreading, StickyOneKeepsItsPlaceUntilItIsGoneWhoeverJoins) {
  GroupMatch group = group_of(3);
  const ReceiverKey chosen = pick(group, Spread::sticky, 1, "t");
  const GroupMatch larger = group_of(50);
  for (std::uint64_t source = 0; source < 50; ++source)
    EXPECT_EQ(pick(larger, Spread::sticky, source, "u"), chosen);
  remove(group, chosen);
  const ReceiverKey next = pick(group, Spread::sticky, 1, "t");
  EXPECT_NE(next, chosen);
  EXPECT_EQ(pick(larger, Spread::sticky, 1, "t"), next);
}

TEST_F(Spreading, WorkersThatChooseByThemselvesStickToTheSameMember) {
  const GroupMatch group = group_of(20);
  TurnTaker other(4711);
  EXPECT_EQ(group.members[other.pick(group, Spread::sticky, ReceiverKey{9}, "x", {})].key,
            pick(group, Spread::sticky, 1, "t"));
}

TEST_F(Spreading, HashKeepsAPublisherOrATopicAtOneMemberAndUsesAll) {
  const GroupMatch group = group_of(5);
  std::set<ReceiverKey> by_client;
  std::set<ReceiverKey> by_topic;
  for (std::uint64_t i = 1; i < 200; ++i) {
    const std::string topic = "t" + std::to_string(i);
    by_client.insert(pick(group, Spread::hash_client, i, topic));
    by_topic.insert(pick(group, Spread::hash_topic, i, topic));
    EXPECT_EQ(pick(group, Spread::hash_client, i, "a"), pick(group, Spread::hash_client, i, "b"));
    EXPECT_EQ(pick(group, Spread::hash_topic, 1, topic), pick(group, Spread::hash_topic, 2, topic));
  }
  EXPECT_EQ(by_client.size(), 5u);
  EXPECT_EQ(by_topic.size(), 5u);
}

TEST_F(Spreading, WhenAMemberGoesOnlyWhatItGotMoves) {
  GroupMatch group = group_of(6);
  std::map<std::uint64_t, ReceiverKey> before;
  for (std::uint64_t i = 1; i < 300; ++i) before[i] = pick(group, Spread::hash_client, i, "t");
  const ReceiverKey gone = group.members[2].key;
  remove(group, gone);
  for (const auto& [source, member] : before) {
    const ReceiverKey now = pick(group, Spread::hash_client, source, "t");
    if (member == gone)
      EXPECT_NE(now, gone);
    else
      EXPECT_EQ(now, member);
  }
}

TEST_F(Spreading, OrderedGroupsHeedNoStrategy) {
  GroupMatch group = group_of(4);
  group.sharing = Sharing::ordered;
  for (std::uint64_t source = 1; source < 30; ++source) {
    const ReceiverKey first = pick(group, Spread::round_robin, source, "t");
    EXPECT_EQ(pick(group, Spread::random, source, "t"), first);
    EXPECT_EQ(pick(group, Spread::round_robin, source, "t"), first);
  }
}

TEST_F(Spreading, LocalMembersTakeTurnsAndOthersAreUsedWhenThereAreNone) {
  const GroupMatch group = group_of(4);
  locals = {group.members[1].key, group.members[3].key};
  std::map<ReceiverKey, int> count;
  for (int i = 0; i < 10; ++i) ++count[pick(group, Spread::local_first, 1, "t")];
  EXPECT_EQ(count, (std::map<ReceiverKey, int>{{group.members[1].key, 5}, {group.members[3].key, 5}}));
  locals.clear();
  count.clear();
  for (int i = 0; i < 8; ++i) ++count[pick(group, Spread::local_first, 1, "t")];
  EXPECT_EQ(count.size(), 4u);
}

TEST_F(Spreading, NodeThatStandsForSeveralMembersGetsAsManyShares) {
  GroupMatch group = group_of(1);
  Receiver node;
  node.key = key_of(NodeSlot{3});
  group.members.insert(group.members.end(), 9, node);
  int of_node = 0;
  for (std::uint64_t source = 1; source <= 2000; ++source)
    if (pick(group, Spread::hash_client, source, "t") == node.key) ++of_node;
  EXPECT_NEAR(of_node, 1800, 100);
}

}  // namespace
}  // namespace tenon::routing
