#include <gtest/gtest.h>

#include "service/retain_store.h"

namespace tenon::service {
namespace {

using mqtt::QoS;

Ref<Message> message(std::string_view topic, std::string_view payload, QoS qos = QoS::at_least_once,
                     UnixMs expires_at_ms = 0) {
  MessageView view;
  view.topic = topic;
  view.payload = as_bytes(payload);
  view.qos = qos;
  view.expires_at_ms = expires_at_ms;
  return Message::make(view);
}

constexpr UnixMs now = 1'000'000;

class Retain : public ::testing::Test {
 protected:
  std::size_t count(std::string_view pattern, UnixMs at = now) {
    std::vector<Ref<Message>> found;
    store.collect(pattern, at, number_max, SIZE_MAX, found);
    return found.size();
  }
  RetainStore store{{3}, 1};
  std::uint64_t number_max = UINT64_MAX;
};

TEST_F(Retain, NoMoreAreCollectedThanAreWanted) {
  store.put(message("a/1", "1"));
  store.put(message("a/2", "2"));
  std::vector<Ref<Message>> found;
  EXPECT_FALSE(store.collect("a/#", now, UINT64_MAX, 1, found));
  EXPECT_EQ(found.size(), 1u);
  found.clear();
  EXPECT_TRUE(store.collect("a/#", now, UINT64_MAX, 3, found));
  EXPECT_EQ(found.size(), 2u);
}

TEST_F(Retain, NewestReplacesAndAnEmptyOneRemovesMqtt3_3_1_5) {
  EXPECT_EQ(store.put(message("a", "1")), RetainStore::Put::stored);
  EXPECT_EQ(store.put(message("a", "2")), RetainStore::Put::stored);
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(store.put(message("a", "")), RetainStore::Put::removed);
  EXPECT_EQ(store.put(message("a", "")), RetainStore::Put::nothing);
  EXPECT_EQ(count("#"), 0u);
}

TEST_F(Retain, WhatWasStoredBehindANumberIsNotCollectedUpToIt) {
  EXPECT_EQ(store.last_number(), 0u);
  store.put(message("a", "1"));
  store.put(message("b", "1"));
  number_max = store.last_number();
  store.put(message("b", "2"));
  store.put(message("c", "1"));
  EXPECT_EQ(count("#"), 1u);
  number_max = store.last_number();
  EXPECT_EQ(count("#"), 3u);
}

TEST_F(Retain, FullOneStillReplaces) {
  for (const char* topic : {"a", "b", "c"}) store.put(message(topic, "1"));
  EXPECT_EQ(store.put(message("d", "1")), RetainStore::Put::full);
  EXPECT_EQ(store.put(message("a", "2")), RetainStore::Put::stored);
}

TEST_F(Retain, BytesAreLimitedAndFreedByReplacingRemovingAndExpiring) {
  const std::size_t size = message("a", "1234")->memory_bytes();
  RetainStore small{{100, 2 * size}, 1};
  EXPECT_EQ(small.put(message("a", "1234")), RetainStore::Put::stored);
  EXPECT_EQ(small.put(message("b", "1234", QoS::at_least_once, now + 1)), RetainStore::Put::stored);
  EXPECT_EQ(small.put(message("c", "1234")), RetainStore::Put::full);
  EXPECT_EQ(small.put(message("a", std::string(1000, 'x'))), RetainStore::Put::full);
  EXPECT_EQ(small.put(message("a", "4321")), RetainStore::Put::stored);
  small.tick(now + 1, 10);
  EXPECT_EQ(small.put(message("c", "1234")), RetainStore::Put::stored);
  EXPECT_EQ(small.put(message("a", "")), RetainStore::Put::removed);
  EXPECT_EQ(small.put(message("d", "1234")), RetainStore::Put::stored);
  small.clear([](std::string_view topic) { return topic == "c"; });
  EXPECT_EQ(small.put(message("e", "1234")), RetainStore::Put::stored);
  EXPECT_EQ(small.put(message("f", "1234")), RetainStore::Put::full);
}

TEST_F(Retain, WildcardsFindWhatMatchesAndNotDollarTopics) {
  store.put(message("a/b", "1"));
  store.put(message("a/c", "1"));
  store.put(message("$x/y", "1"));
  EXPECT_EQ(count("a/+"), 2u);
  EXPECT_EQ(count("#"), 2u);
  EXPECT_EQ(count("$x/#"), 1u);
}

TEST_F(Retain, KnowsWhetherAMessageIsTheOneThatIsKept) {
  const auto older = message("a", "1");
  store.put(older);
  EXPECT_TRUE(store.holds(*older));
  store.put(message("a", "2"));
  EXPECT_FALSE(store.holds(*older));
}

TEST_F(Retain, KnowsWhetherAMessageChangesAnything) {
  EXPECT_TRUE(store.has_same(message("a", "")->view()));
  EXPECT_FALSE(store.has_same(message("a", "1")->view()));
  store.put(message("a", "1"));
  EXPECT_TRUE(store.has_same(message("a", "1")->view()));
  EXPECT_FALSE(store.has_same(message("a", "2")->view()));
  EXPECT_FALSE(store.has_same(message("a", "1", QoS::exactly_once)->view()));
  EXPECT_FALSE(store.has_same(message("a", "")->view()));
}

TEST_F(Retain, ClearedOneHoldsNothing) {
  store.put(message("a", "1"));
  store.put(message("b", "1", QoS::at_least_once, now + 10));
  store.clear([](std::string_view) { return true; });
  EXPECT_EQ(store.size(), 0u);
  EXPECT_EQ(count("#"), 0u);
  store.tick(now + 10, 100);
  EXPECT_EQ(store.put(message("a", "1")), RetainStore::Put::stored);
}

TEST_F(Retain, ExpiredMessagesAreNotFoundAndAreForgotten) {
  store.put(message("a", "1", QoS::at_least_once, now + 10));
  store.put(message("b", "1", QoS::at_least_once, now + 10));
  store.put(message("b", "2"));
  EXPECT_EQ(count("#", now + 9), 2u);
  EXPECT_EQ(count("#", now + 10), 1u);
  store.tick(now + 10, 100);
  EXPECT_EQ(store.size(), 1u);
}

}  // namespace
}  // namespace tenon::service
