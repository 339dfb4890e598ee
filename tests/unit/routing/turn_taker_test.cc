#include "routing/turn_taker.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>

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
    return group.members[turns.pick(group, spread, ReceiverKey{source}, topic, presence_of)].key;
  }
  // How many of so many messages each of a group gets.
  std::map<ReceiverKey, int> shares(const GroupMatch& group, Spread spread, int message_count) {
    std::map<ReceiverKey, int> count;
    for (int i = 1; i <= message_count; ++i)
      ++count[pick(group, spread, static_cast<std::uint64_t>(i), "t" + std::to_string(i))];
    return count;
  }
  static void remove(GroupMatch& group, ReceiverKey key) {
    std::erase_if(group.members, [&](const Receiver& member) { return member.key == key; });
  }

  TurnTaker turns{42};
  std::set<ReceiverKey> locals;
  std::set<ReceiverKey> away;
  int asked_count = 0;
  const TurnTaker::PresenceOf presence_of = [this](const Receiver& member) {
    ++asked_count;
    if (away.contains(member.key)) return Presence::away;
    return locals.contains(member.key) ? Presence::here : Presence::elsewhere;
  };
  static constexpr std::array all_spreads{Spread::round_robin, Spread::random,     Spread::sticky,
                                          Spread::hash_client, Spread::hash_topic, Spread::local_first};
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
  EXPECT_EQ(group.members[other.pick(group, Spread::sticky, ReceiverKey{9}, "x", presence_of)].key,
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

TEST_F(Spreading, MembersThatAreAwayGetNothingWhileOthersAreThere) {
  const GroupMatch group = group_of(6);
  away = {group.members[0].key, group.members[1].key, group.members[4].key};
  for (const Spread spread : all_spreads)
    for (const auto& [key, n] : shares(group, spread, 200)) EXPECT_FALSE(away.contains(key));
}

TEST_F(Spreading, OneOfThoseThatAreAwayGetsAMessageWhenAllAre) {
  const GroupMatch group = group_of(3);
  for (const Receiver& member : group.members) away.insert(member.key);
  for (const Spread spread : {Spread::round_robin, Spread::random, Spread::hash_client, Spread::local_first})
    EXPECT_EQ(shares(group, spread, 200).size(), 3u);
  EXPECT_EQ(shares(group, Spread::sticky, 200).size(), 1u);
}

TEST_F(Spreading, WhoIsThereHasEqualSharesWhoeverIsAway) {
  const GroupMatch group = group_of(8);
  for (const std::size_t i : {0, 1, 2, 5}) away.insert(group.members[i].key);
  const auto turns_of = shares(group, Spread::round_robin, 400);
  ASSERT_EQ(turns_of.size(), 4u);
  for (const auto& [key, n] : turns_of) EXPECT_EQ(n, 100);
  for (const auto& [key, n] : shares(group, Spread::random, 4000)) EXPECT_NEAR(n, 1000, 200);
}

TEST_F(Spreading, StickyOneThatIsAwayGivesItsPlaceToOneThatIsThereForGood) {
  const GroupMatch group = group_of(5);
  const ReceiverKey first = pick(group, Spread::sticky, 1, "t");
  away = {first};
  const ReceiverKey second = pick(group, Spread::sticky, 1, "t");
  EXPECT_NE(second, first);
  away.clear();
  EXPECT_EQ(pick(group, Spread::sticky, 1, "t"), second);
  for (const Receiver& member : group.members) away.insert(member.key);
  EXPECT_EQ(pick(group, Spread::sticky, 1, "t"), second);
}

TEST_F(Spreading, WhenAMemberIsAwayOnlyWhatItGotMovesAndItComesBackWithIt) {
  const GroupMatch group = group_of(6);
  std::map<std::uint64_t, ReceiverKey> before;
  for (std::uint64_t i = 1; i < 300; ++i) before[i] = pick(group, Spread::hash_client, i, "t");
  const ReceiverKey left = group.members[2].key;
  away = {left};
  for (const auto& [source, member] : before) {
    const ReceiverKey now = pick(group, Spread::hash_client, source, "t");
    EXPECT_EQ(now == member, member != left);
  }
  away.clear();
  for (const auto& [source, member] : before)
    EXPECT_EQ(pick(group, Spread::hash_client, source, "t"), member);
}

TEST_F(Spreading, MemberOfAnOrderedGroupKeepsWhatItGetsWhileItIsAway) {
  GroupMatch group = group_of(4);
  group.sharing = Sharing::ordered;
  const ReceiverKey first = pick(group, Spread::round_robin, 1, "t");
  away = {first};
  EXPECT_EQ(pick(group, Spread::round_robin, 1, "t"), first);
}

TEST_F(Spreading, OfALargeGroupThatIsAwayNotAllAreAsked) {
  const GroupMatch group = group_of(5000);
  for (const Receiver& member : group.members) away.insert(member.key);
  for (const Spread spread : all_spreads) {
    if (spread == Spread::local_first) continue;
    asked_count = 0;
    (void)pick(group, spread, 1, "t");
    EXPECT_LE(asked_count, static_cast<int>(TurnTaker::asked_max) + 2);
  }
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
