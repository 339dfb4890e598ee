#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "routing/subscription_table.h"
#include "routing/topic_cache.h"
#include "routing/turn_taker.h"

namespace tenon::routing {
namespace {

using mqtt::QoS;

ReceiverKey connection(std::uint32_t worker, std::uint32_t slot, std::uint32_t generation = 1) {
  return key_of({worker, slot, generation});
}

SubscriptionOptions options(QoS qos, std::uint32_t id = 0) {
  SubscriptionOptions o;
  o.qos = qos;
  o.subscription_id = id;
  return o;
}

SubscriptionOptions without_local(SubscriptionOptions o) {
  o.no_local = true;
  return o;
}

std::vector<std::uint32_t> ids_of(const MatchSet& set, const Receiver& receiver, const Terms& terms) {
  std::vector<std::uint32_t> ids(set.ids(receiver, terms).begin(), set.ids(receiver, terms).end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(ReceiverKey, KeepsTheAddressOfAConnection) {
  const ConnectionAddress address{32'767, slot_limit - 1, generation_mask};
  const ReceiverKey key = key_of(address);
  EXPECT_FALSE(is_inbox(key));
  EXPECT_EQ(address_of(key).worker, address.worker);
  EXPECT_EQ(address_of(key).slot, address.slot);
  EXPECT_EQ(address_of(key).generation, address.generation);
  EXPECT_TRUE(is_inbox(key_of_inbox(7)));
  EXPECT_EQ(inbox_number(key_of_inbox(7)), 7u);
}

TEST(MatchSet, GroupsReceiversByWorkerAndInboxesBehindThem) {
  SubscriptionTable table(1);
  table.put("t", key_of_inbox(5), options(QoS::at_least_once));
  table.put("t", connection(1, 3), options(QoS::at_least_once));
  table.put("t", connection(0, 9), options(QoS::at_least_once));
  table.put("t", connection(1, 2), options(QoS::at_least_once));
  const auto set = table.match("t");
  ASSERT_EQ(set->workers().size(), 2u);
  EXPECT_EQ(set->workers()[0].worker, 0u);
  EXPECT_EQ(set->receivers(set->workers()[0]).size(), 1u);
  EXPECT_EQ(set->receivers(set->workers()[1]).size(), 2u);
  ASSERT_EQ(set->inboxes().size(), 1u);
  EXPECT_EQ(set->inboxes()[0].key, key_of_inbox(5));
}

TEST(MatchSet, TellsWhetherAnInboxIsAmongReceiversAndMembersOfGroups) {
  SubscriptionTable table(1);
  table.put("links", connection(0, 9), options(QoS::at_least_once));
  table.put("$share/g/links", connection(0, 9), options(QoS::at_least_once));
  table.put("inbox", key_of_inbox(5), options(QoS::at_least_once));
  table.put("$share/g/group", key_of_inbox(5), options(QoS::at_least_once));
  EXPECT_FALSE(table.match("links")->may_reach_inboxes());
  EXPECT_TRUE(table.match("inbox")->may_reach_inboxes());
  EXPECT_TRUE(table.match("group")->may_reach_inboxes());
}

TEST(MatchSet, OverlappingSubscriptionsAreOneReceiverWithTheHighestQosAndAllIdsMqtt3_3_4_2) {
  SubscriptionTable table(1);
  const auto key = connection(0, 1);
  table.put("a/b", key, options(QoS::at_most_once, 7));
  table.put("a/+", key, options(QoS::exactly_once, 8));
  table.put("#", key, options(QoS::at_least_once));
  const auto set = table.match("a/b");
  ASSERT_EQ(set->workers().size(), 1u);
  const auto receivers = set->receivers(set->workers()[0]);
  ASSERT_EQ(receivers.size(), 1u);
  EXPECT_EQ(receivers[0].all.qos, QoS::exactly_once);
  EXPECT_EQ(ids_of(*set, receivers[0], receivers[0].all), (std::vector<std::uint32_t>{7, 8}));
}

TEST(MatchSet, IdsOfNeighboursDoNotMix) {
  SubscriptionTable table(1);
  for (std::uint32_t slot = 0; slot < 20; ++slot) {
    table.put("t", connection(0, slot), options(QoS::at_most_once, slot + 1));
    table.put("#", connection(0, slot), options(QoS::at_most_once, slot + 101));
  }
  const auto set = table.match("t");
  for (const auto& receiver : set->receivers(set->workers()[0])) {
    const std::uint32_t slot = address_of(receiver.key).slot;
    EXPECT_EQ(ids_of(*set, receiver, receiver.all), (std::vector<std::uint32_t>{slot + 1, slot + 101}));
  }
}

TEST(MatchSet, NoLocalHoldsOnlyWhenAllOverlappingSubscriptionsSayIt) {
  SubscriptionTable table(1);
  const SubscriptionOptions no_local = without_local(options(QoS::at_most_once));
  table.put("t", connection(0, 1), no_local);
  table.put("t", connection(0, 2), no_local);
  table.put("#", connection(0, 2), options(QoS::at_most_once));
  const auto set = table.match("t");
  const auto receivers = set->receivers(set->workers()[0]);
  EXPECT_TRUE(receivers[0].no_local);
  EXPECT_FALSE(receivers[1].no_local);
}

TEST(MatchSet, AClientsOwnMessagesAreForItsSubscriptionsWithoutNoLocalOnlyMqtt3_8_3_3) {
  SubscriptionTable table(1);
  const auto key = connection(0, 1);
  SubscriptionOptions as_published = without_local(options(QoS::exactly_once, 1));
  as_published.retain_as_published = true;
  table.put("a/b", key, as_published);
  table.put("a/+", key, options(QoS::at_most_once, 2));
  table.put("a/#", key, options(QoS::at_least_once, 3));
  table.put("#", key, without_local(options(QoS::exactly_once, 4)));
  const auto set = table.match("a/b");
  const Receiver& receiver = set->receivers(set->workers()[0])[0];
  EXPECT_FALSE(receiver.no_local);
  const Terms& own = receiver.terms_for(key);
  EXPECT_EQ(own.qos, QoS::at_least_once);
  EXPECT_FALSE(own.retain_as_published);
  EXPECT_EQ(ids_of(*set, receiver, own), (std::vector<std::uint32_t>{2, 3}));
  const Terms& others = receiver.terms_for(connection(0, 2));
  EXPECT_EQ(others.qos, QoS::exactly_once);
  EXPECT_TRUE(others.retain_as_published);
  EXPECT_EQ(ids_of(*set, receiver, others), (std::vector<std::uint32_t>{1, 2, 3, 4}));
}

TEST(SubscriptionTable, ReplacingAnOptionIsAChangeAndTheSameOneIsNot) {
  SubscriptionTable table(1);
  EXPECT_TRUE(table.put("t", connection(0, 1), options(QoS::at_most_once)));
  const std::uint64_t version = table.version();
  EXPECT_FALSE(table.put("t", connection(0, 1), options(QoS::at_most_once)));
  EXPECT_EQ(table.version(), version);
  EXPECT_FALSE(table.put("t", connection(0, 1), options(QoS::at_least_once)));
  EXPECT_TRUE(table.changed_since(version, "t"));
  EXPECT_FALSE(table.remove("t", connection(0, 2)));
  EXPECT_TRUE(table.remove("t", connection(0, 1)));
  EXPECT_EQ(table.size(), 0u);
}

TEST(SubscriptionTable, ChangesElsewhereDoNotConcernATopic) {
  SubscriptionTable table(1);
  const std::uint64_t version = table.version();
  table.put("other/#", connection(0, 1), options(QoS::at_most_once));
  table.put("$share/g/more/+", connection(0, 1), options(QoS::at_most_once));
  EXPECT_FALSE(table.changed_since(version, "mine/t"));
  EXPECT_TRUE(table.changed_since(version, "more/x"));
  table.put("mine/+", connection(0, 1), options(QoS::at_most_once));
  EXPECT_TRUE(table.changed_since(version, "mine/t"));
}

TEST(SubscriptionTable, ForgottenChangesCountAsChanges) {
  SubscriptionTable table(1);
  const std::uint64_t version = table.version();
  for (std::uint32_t i = 0; i < 300; ++i)
    table.put("other/" + std::to_string(i), connection(0, i), options(QoS::at_most_once));
  EXPECT_TRUE(table.changed_since(version, "mine"));
  EXPECT_FALSE(table.changed_since(table.version(), "mine"));
}

TEST(TopicCache, FindsWhatItWasGivenUntilItIsEvicted) {
  constexpr std::size_t size = 256;
  TopicCache cache(size, 1 << 20, 42);
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const std::string topic = "topic/" + std::to_string(i);
    auto& entry = cache.find(topic);
    ASSERT_EQ(entry.version, 0u);
    cache.set(entry, 1, MatchSet::make());
    auto& again = cache.find(topic);
    EXPECT_EQ(again.version, 1u);
    EXPECT_EQ(again.topic, topic);
  }
  EXPECT_GT(cache.evicted_count(), 0u);
}

TEST(TopicCache, ForgetsEverythingAboveItsBudgetOfMemory) {
  TopicCache cache(64, 1, 42);
  auto& entry = cache.find("t");
  cache.set(entry, 1, MatchSet::make());
  EXPECT_EQ(cache.find("t").version, 0u);
}

void know(TopicCache& cache, const std::string& topic) {
  auto& entry = cache.find(topic);
  if (entry.version == 0) cache.set(entry, 1, MatchSet::make());
}

TEST(TopicCache, ForgetsWhatNobodyLookedForSinceTheLastRound) {
  TopicCache cache(64, 1 << 20, 42);
  know(cache, "busy");
  know(cache, "silent");
  cache.age(1);
  EXPECT_EQ(cache.find("busy").version, 1u);
  cache.age(1);
  EXPECT_EQ(cache.find("busy").version, 1u);
  EXPECT_EQ(cache.find("silent").version, 0u);
}

TEST(TopicCache, PartsOfARoundComeByEveryTopic) {
  constexpr std::size_t parts = 7;
  TopicCache cache(64, 1 << 20, 42);
  for (int i = 0; i < 10; ++i) know(cache, "t/" + std::to_string(i));
  for (std::size_t part = 0; part < 2 * parts; ++part) cache.age(parts);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(cache.find("t/" + std::to_string(i)).version, 0u);
}

TEST(TopicCache, ShrinksWhenNearlyAllIsForgotten) {
  TopicCache cache(1 << 14, 64 << 20, 42);
  for (int i = 0; i < 5'000; ++i) know(cache, "topic/" + std::to_string(i));
  EXPECT_EQ(cache.place_count(), std::size_t{1} << 14);
  for (int i = 0; i < 2; ++i) {
    know(cache, "topic/7");
    cache.age(1);
  }
  EXPECT_EQ(cache.place_count(), 64u);
  EXPECT_EQ(cache.find("topic/7").version, 1u);
}

TEST(TopicCache, ForgottenTopicsTakeNothingOfTheBudget) {
  TopicCache cache(1 << 10, 100 * MatchSet::make()->memory_bytes(), 42);
  know(cache, "kept");
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 50; ++i) know(cache, std::to_string(round) + "/" + std::to_string(i));
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(cache.find("kept").version, 1u) << "everything was forgotten, for want of room";
      cache.age(1);
    }
  }
}

// Its set is kept by the test, the cache while it is lent, and nobody else.
void expect_kept_while_lent(TopicCache& cache, const std::function<void()>& drop) {
  know(cache, "lent");
  const Ref<MatchSet> set = cache.find("lent").set;
  {
    const TopicCache::Lent lent(cache, cache.find("lent"));
    {
      const TopicCache::Lent nested(cache, cache.find("lent"));
      drop();
    }
    EXPECT_EQ(lent.set(), set);
    EXPECT_EQ(set->ref_count(), 2u);
  }
  EXPECT_EQ(set->ref_count(), 1u) << "the cache has let it go";
}

void know_many(TopicCache& cache, int count) {
  for (int i = 0; i < count; ++i) know(cache, "t/" + std::to_string(i));
}

TEST(TopicCache, LentSetStaysWhenItsEntryGetsAnother) {
  TopicCache cache(64, 1 << 20, 42);
  expect_kept_while_lent(cache, [&] { cache.set(cache.find("lent"), 2, MatchSet::make()); });
}

TEST(TopicCache, LentSetStaysWhenAnotherTopicTakesThePlace) {
  TopicCache cache(4, 1 << 20, 42);
  expect_kept_while_lent(cache, [&] { know_many(cache, 64); });
}

TEST(TopicCache, LentSetStaysWhenItsTopicIsForgotten) {
  TopicCache cache(64, 1 << 20, 42);
  expect_kept_while_lent(cache, [&] {
    cache.age(1);
    cache.age(1);
  });
}

TEST(TopicCache, LentSetStaysWhenTheTableGrowsAndShrinks) {
  TopicCache cache(1 << 12, 1 << 20, 42);
  expect_kept_while_lent(cache, [&] {
    know_many(cache, 2000);
    for (int i = 0; i < 4; ++i) cache.age(1);
    ASSERT_EQ(cache.place_count(), 64u);
  });
}

TEST(TopicCache, LentSetStaysWhenEverythingIsForgotten) {
  TopicCache cache(64, 4 * MatchSet::make()->memory_bytes(), 42);
  expect_kept_while_lent(cache, [&] { know_many(cache, 20); });
}

TEST(TopicCache, LenderTakesTheSetThatAnEntryHasNow) {
  TopicCache cache(4, 1 << 20, 42);
  know(cache, "t");
  TopicCache::Lent lent(cache, cache.find("t"));
  cache.set(cache.find("t"), 2, MatchSet::make());
  lent.take(cache.find("t"));
  EXPECT_EQ(lent.set(), cache.find("t").set);
  EXPECT_EQ(lent.set()->ref_count(), 1u);
}

TEST(TopicCache, StampTellsApartWhatAnEntryHeld) {
  TopicCache cache(64, 1 << 20, 42);
  auto& entry = cache.find("t");
  cache.set(entry, 1, MatchSet::make());
  const std::uint64_t stamp = entry.stamp;
  EXPECT_EQ(cache.find("t").stamp, stamp);
  cache.set(entry, 2, MatchSet::make());
  EXPECT_NE(entry.stamp, stamp);
}

class Groups : public ::testing::Test {
 protected:
  const GroupMatch& group(std::string_view prefix, unsigned members) {
    for (std::uint32_t i = 0; i < members; ++i)
      table.put(std::string(prefix) + "/g/t", connection(i % 2, i), options(QoS::at_least_once));
    set = table.match("t");
    return set->groups()[0];
  }
  SubscriptionTable table{1};
  Ref<MatchSet> set;
  TurnTaker turns;
  TurnTaker::PresenceOf is_here = [](const Receiver&) { return Presence::here; };
};

TEST_F(Groups, SharedMembersTakeTurns) {
  const GroupMatch& g = group("$share", 3);
  std::map<ReceiverKey, int> count;
  for (int i = 0; i < 30; ++i)
    ++count[g.members[turns.pick(g, Spread::round_robin, ReceiverKey::none, "t", is_here)].key];
  EXPECT_EQ(count.size(), 3u);
  for (const auto& [key, n] : count) EXPECT_EQ(n, 10);
}

TEST_F(Groups, OrderedGivesOnePublisherAndTopicToOneMember) {
  const GroupMatch& g = group("$oshare", 3);
  EXPECT_EQ(g.sharing, Sharing::ordered);
  for (std::uint32_t publisher = 0; publisher < 20; ++publisher) {
    const auto first =
        g.members[turns.pick(g, Spread::round_robin, connection(0, 100 + publisher), "t", is_here)].key;
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(
          g.members[turns.pick(g, Spread::round_robin, connection(0, 100 + publisher), "t", is_here)].key,
          first);
  }
}

TEST_F(Groups, GroupAndPlainSubscriptionOfOneSessionAreTwo) {
  table.put("t", connection(0, 0), options(QoS::at_most_once));
  const GroupMatch& g = group("$share", 1);
  EXPECT_EQ(g.members.size(), 1u);
  EXPECT_EQ(set->workers().size(), 1u);
}

}  // namespace
}  // namespace tenon::routing
