#include <gtest/gtest.h>

#include "service/inbox_store.h"
#include "service/retain_store.h"

namespace tenon::service {
namespace {

using mqtt::QoS;
using session::ShowAs;

Ref<Message> message(std::string_view topic, std::string_view payload, QoS qos = QoS::at_least_once,
                     UnixMs expires_at_ms = 0) {
  MessageView view;
  view.topic = topic;
  view.payload = as_bytes(payload);
  view.qos = qos;
  view.expires_at_ms = expires_at_ms;
  return Message::make(view);
}

constexpr ReceiverKey link_a{1};
constexpr ReceiverKey link_b{2};
constexpr UnixMs now = 1'000'000;

class Inboxes : public ::testing::Test {
 protected:
  InboxStore::AttachResult attach(std::string_view client, bool clean, std::uint32_t expiry_s,
                                  ReceiverKey link = link_a) {
    return store.attach({client, clean, expiry_s}, link);
  }
  InboxStore::Append append(InboxNumber number, std::string_view payload, QoS qos = QoS::at_least_once) {
    last = store.append(number, message("t", payload, qos), {qos, false, {}});
    return last.status;
  }
  std::vector<InboxItem> fetch(const InboxStore::AttachResult& at, std::uint64_t position = 0,
                               std::size_t max = 100) {
    std::vector<InboxItem> items;
    store.fetch(at.number, at.epoch, position, max, items);
    return items;
  }
  InboxLimits limits{5, 1 << 20};
  InboxStore store{limits, 1, 1};
  InboxStore::AppendResult last;
};

TEST_F(Inboxes, TransientSessionGetsNone) {
  EXPECT_EQ(attach("c", true, 0).number, 0u);
  EXPECT_EQ(store.size(), 0u);
}

TEST_F(Inboxes, StateIsPresentUntilACleanStart) {
  const auto first = attach("c", false, 100);
  EXPECT_FALSE(first.present);
  store.put_subscription(first.number, first.epoch, "t", {}, 10);
  store.detach(first.number, first.epoch, 100, nullptr, 0, now);
  const auto second = attach("c", false, 100);
  EXPECT_TRUE(second.present);
  EXPECT_EQ(second.number, first.number);
  store.detach(second.number, second.epoch, 100, nullptr, 0, now);
  const auto third = attach("c", true, 100);
  EXPECT_FALSE(third.present);
  EXPECT_NE(third.number, first.number);
  ASSERT_TRUE(third.ended);
  EXPECT_EQ(third.ended->filters, InboxStore::Filters{"t"});
  EXPECT_EQ(append(first.number, "late"), InboxStore::Append::gone);
}

TEST_F(Inboxes, MessagesWaitForAClientThatIsGoneButQos0DoesNot) {
  const auto at = attach("c", false, 100);
  store.detach(at.number, at.epoch, 100, nullptr, 0, now);
  EXPECT_EQ(append(at.number, "1"), InboxStore::Append::stored);
  EXPECT_EQ(append(at.number, "x", QoS::at_most_once), InboxStore::Append::offline);
  const auto again = attach("c", false, 100);
  const auto items = fetch(again);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].state, InboxItem::State::fresh);
}

TEST_F(Inboxes, SentButUnacknowledgedComesAgainAsSent) {
  const auto at = attach("c", false, 100);
  append(at.number, "1");
  append(at.number, "2", QoS::exactly_once);
  append(at.number, "0", QoS::at_most_once);
  append(at.number, "3");
  const auto items = fetch(at);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].number, 0u);
  EXPECT_EQ(items[3].number, 2u);
  store.sent(at.number, at.epoch, items[2].position);
  store.release(at.number, at.epoch, 1);
  store.acknowledge(at.number, at.epoch, 0);
  store.detach(at.number, at.epoch, 100, nullptr, 0, now);
  const auto again = attach("c", false, 100);
  EXPECT_EQ(again.first_number, 1u);
  const auto rest = fetch(again);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].state, InboxItem::State::released);
  EXPECT_EQ(rest[1].state, InboxItem::State::fresh);
}

TEST_F(Inboxes, AcknowledgingOutOfOrderKeepsTheOthers) {
  const auto at = attach("c", false, 100);
  for (const char* payload : {"1", "2", "3"}) append(at.number, payload);
  store.sent(at.number, at.epoch, 3);
  store.acknowledge(at.number, at.epoch, 1);
  store.acknowledge(at.number, at.epoch, 1);
  const auto items = fetch(at);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].number, 0u);
  EXPECT_EQ(items[1].number, 2u);
  EXPECT_EQ(items[1].state, InboxItem::State::sent);
}

TEST_F(Inboxes, FullOneRefusesTheNewest) {
  const auto at = attach("c", false, 100);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(append(at.number, "x"), InboxStore::Append::stored);
  EXPECT_EQ(append(at.number, "x"), InboxStore::Append::full);
  store.acknowledge(at.number, at.epoch, 0);
  EXPECT_EQ(append(at.number, "x"), InboxStore::Append::stored);
}

TEST_F(Inboxes, OneUnacknowledgedMessageDoesNotKeepThePlacesOfOthers) {
  InboxQueue queue;
  const InboxLimits wide{1000, 1 << 30};
  queue.append(message("t", "stuck"), {QoS::at_least_once, false, {}}, wide);
  for (int i = 0; i < 100'000; ++i) {
    queue.append(message("t", "x"), {QoS::at_most_once, false, {}}, wide);
    queue.sent(static_cast<std::uint64_t>(i) + 2);
  }
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_LT(queue.place_count(), 200u);
}

TEST_F(Inboxes, OlderEpochHasNoEffect) {
  const auto older = attach("c", false, 100, link_a);
  append(older.number, "1");
  const auto newer = attach("c", false, 100, link_b);
  store.acknowledge(older.number, older.epoch, 0);
  EXPECT_FALSE(store.put_subscription(older.number, older.epoch, "t", {}, 10).ok);
  EXPECT_FALSE(store.detach(older.number, older.epoch, 0, nullptr, 0, now));
  EXPECT_EQ(fetch(newer).size(), 1u);
}

TEST_F(Inboxes, ConnectionIsWokenOnceAfterItFoundNothing) {
  const auto at = attach("c", false, 100);
  append(at.number, "1");
  EXPECT_EQ(last.wake, ReceiverKey::none);  // it has not asked yet
  fetch(at, 0, 100);
  append(at.number, "2");
  EXPECT_EQ(last.wake, link_a);
  append(at.number, "3");
  EXPECT_EQ(last.wake, ReceiverKey::none);
}

TEST_F(Inboxes, SessionExpiresAfterItsTimeAndNotBefore) {
  const auto at = attach("c", false, 10);
  store.put_subscription(at.number, at.epoch, "t", {}, 10);
  EXPECT_TRUE(store.tick(now + 1'000'000).ended.empty());
  store.detach(at.number, at.epoch, 10, nullptr, 0, now);
  EXPECT_TRUE(store.tick(now + 9'999).ended.empty());
  const auto due = store.tick(now + 10'000);
  ASSERT_EQ(due.ended.size(), 1u);
  EXPECT_EQ(due.ended[0].filters, InboxStore::Filters{"t"});
  EXPECT_EQ(store.size(), 0u);
}

TEST_F(Inboxes, ExpiryOfAllOnesNeverPasses) {
  const auto at = attach("c", false, UINT32_MAX);
  store.detach(at.number, at.epoch, UINT32_MAX, nullptr, 0, now);
  EXPECT_TRUE(store.tick(INT64_MAX - 1).ended.empty());
}

TEST_F(Inboxes, WillWaitsForItsDelayAndIsCancelledByAReturnMqtt3_1_3_9) {
  auto at = attach("c", false, 100);
  store.detach(at.number, at.epoch, 100, message("will", "w"), 5, now);
  EXPECT_TRUE(store.tick(now + 4'999).wills.empty());
  EXPECT_EQ(store.tick(now + 5'000).wills.size(), 1u);
  EXPECT_TRUE(store.tick(now + 6'000).wills.empty());
  at = attach("c", false, 100);
  store.detach(at.number, at.epoch, 100, message("will", "w"), 5, now);
  at = attach("c", false, 100);
  EXPECT_TRUE(store.tick(now + 50'000).wills.empty());
}

TEST_F(Inboxes, EndOfTheSessionComesBeforeALongerWillDelay) {
  const auto at = attach("c", false, 3);
  store.detach(at.number, at.epoch, 3, message("will", "w"), 100, now);
  const auto due = store.tick(now + 3'000);
  EXPECT_EQ(due.wills.size() + (due.ended[0].will ? 1 : 0), 1u);
}

TEST_F(Inboxes, SubscriptionsHaveALimit) {
  const auto at = attach("c", false, 100);
  EXPECT_TRUE(store.put_subscription(at.number, at.epoch, "a", {}, 2).is_new);
  EXPECT_TRUE(store.put_subscription(at.number, at.epoch, "b", {}, 2).ok);
  EXPECT_FALSE(store.put_subscription(at.number, at.epoch, "c", {}, 2).ok);
  EXPECT_TRUE(store.put_subscription(at.number, at.epoch, "a", {}, 2).ok);
  EXPECT_TRUE(store.remove_subscription(at.number, at.epoch, "a"));
  EXPECT_FALSE(store.remove_subscription(at.number, at.epoch, "a"));
}

class Retain : public ::testing::Test {
 protected:
  std::size_t count(std::string_view pattern, UnixMs at = now) {
    std::vector<Ref<Message>> found;
    store.collect(pattern, at, found);
    return found.size();
  }
  RetainStore store{3, 1};
};

TEST_F(Retain, NewestReplacesAndAnEmptyOneRemovesMqtt3_3_1_5) {
  EXPECT_EQ(store.put(message("a", "1")), RetainStore::Put::stored);
  EXPECT_EQ(store.put(message("a", "2")), RetainStore::Put::stored);
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(store.put(message("a", "")), RetainStore::Put::removed);
  EXPECT_EQ(store.put(message("a", "")), RetainStore::Put::nothing);
  EXPECT_EQ(count("#"), 0u);
}

TEST_F(Retain, FullOneStillReplaces) {
  for (const char* topic : {"a", "b", "c"}) store.put(message(topic, "1"));
  EXPECT_EQ(store.put(message("d", "1")), RetainStore::Put::full);
  EXPECT_EQ(store.put(message("a", "2")), RetainStore::Put::stored);
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
