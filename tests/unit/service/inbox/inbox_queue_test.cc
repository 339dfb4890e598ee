#include "inbox/inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

using mqtt::QoS;
using InboxMessages = InboxFixture;
using Payloads = std::vector<std::string>;

TEST_F(InboxMessages, AreNumberedWithoutAGapFromOne) {
  const auto at = attach("c", 9);
  EXPECT_EQ(at.first_number, 1u);
  EXPECT_EQ(at.next_number, 1u);
  for (const char* payload : {"1", "2", "3"}) EXPECT_EQ(append("c", 9, payload), OpStatus::ok);
  const auto items = fetch("c", at);
  ASSERT_EQ(items.size(), 3u);
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].number, i + 1);
  EXPECT_EQ(payloads("c", at), (Payloads{"1", "2", "3"}));
}

TEST_F(InboxMessages, OneMessageGoesToManyEachInItsWay) {
  const auto a = attach("a", 8);
  const auto b = attach("b", 9);
  StoredMessage sent = message("t/1", "payload");
  sent.view.forwarded = as_bytes("props");
  const auto reply = apply(Append{sent,
                                  limits,
                                  {{{"", "a"}, 8, QoS::at_least_once, true, {5, 6}},
                                   {{"", "x"}, 1, QoS::at_least_once, false, {}},
                                   {{"", "b"}, 9, QoS::exactly_once, false, {}}}});
  EXPECT_EQ(reply.targets, (std::vector<OpStatus>{OpStatus::ok, OpStatus::gone, OpStatus::ok}));
  const auto for_a = fetch("a", a).at(0);
  EXPECT_TRUE(for_a.retain);
  EXPECT_EQ(for_a.subscription_ids, (std::vector<std::uint32_t>{5, 6}));
  EXPECT_EQ(as_text(for_a.message.view.forwarded), "props");
  EXPECT_EQ(for_a.message.view.topic, "t/1");
  EXPECT_EQ(fetch("b", b).at(0).qos, QoS::exactly_once);
}

TEST_F(InboxMessages, SentButUnacknowledgedComesAgainAsSent_MQTT_4_4_0_1) {
  const auto at = attach("c", 9);
  append("c", 9, "1");
  append("c", 9, "2", QoS::exactly_once);
  append("c", 9, "3");
  append("c", 9, "4");
  apply(Sent{held("c", at), 3});
  apply(Release{held("c", at), {2}});
  apply(Acknowledge{held("c", at), {1}});
  detach("c", at);
  const auto again = attach("c", 10);
  EXPECT_EQ(again.first_number, 2u);
  EXPECT_EQ(again.next_number, 5u);
  const auto rest = fetch("c", again);
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(rest[0].state, ItemState::released);
  EXPECT_TRUE(rest[0].message.view.payload.empty());
  EXPECT_EQ(rest[1].state, ItemState::sent);
  EXPECT_EQ(rest[2].state, ItemState::fresh);
}

TEST_F(InboxMessages, AcknowledgingOutOfOrderKeepsTheOthers) {
  const auto at = attach("c", 9);
  for (const char* payload : {"1", "2", "3"}) append("c", 9, payload);
  apply(Sent{held("c", at), 3});
  apply(Acknowledge{held("c", at), {2, 2, 77}});
  EXPECT_EQ(payloads("c", at), (Payloads{"1", "3"}));
  EXPECT_EQ(machine.counts().messages, 2u);
  EXPECT_EQ(machine.counts().message_bytes, 4u);
}

TEST_F(InboxMessages, OneOfQos1CannotBeReleased) {
  const auto at = attach("c", 9);
  append("c", 9, "1");
  apply(Release{held("c", at), {1}});
  EXPECT_EQ(fetch("c", at).at(0).state, ItemState::fresh);
}

TEST_F(InboxMessages, SentNeverGoesBackNorBeyondWhatIsThere) {
  const auto at = attach("c", 9);
  append("c", 9, "1");
  append("c", 9, "2");
  apply(Sent{held("c", at), 1});
  apply(Sent{held("c", at), 0});
  EXPECT_EQ(fetch("c", at).at(0).state, ItemState::sent);
  apply(Sent{held("c", at), 100});
  append("c", 9, "3");
  EXPECT_EQ(fetch("c", at).at(2).state, ItemState::fresh);
}

TEST_F(InboxMessages, FullOneRefusesTheNewest) {
  const auto at = attach("c", 9);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(append("c", 9, "x"), OpStatus::ok);
  EXPECT_EQ(append("c", 9, "x"), OpStatus::full);
  apply(Acknowledge{held("c", at), {1}});
  EXPECT_EQ(append("c", 9, "x"), OpStatus::ok);
  limits.bytes_max = 12;
  limits.count_max = 100;
  EXPECT_EQ(append("c", 9, "yy"), OpStatus::full);
  EXPECT_EQ(append("c", 9, "y"), OpStatus::ok);
}

TEST_F(InboxMessages, FullOneDropsTheOldestThatWereNeverSent) {
  limits = {3, 1 << 20, Overflow::drop_oldest};
  const auto at = attach("c", 9);
  for (const char* payload : {"1", "2", "3"}) append("c", 9, payload);
  apply(Sent{held("c", at), 1});
  EXPECT_EQ(append("c", 9, "4"), OpStatus::ok);
  EXPECT_EQ(dropped, 1u);
  EXPECT_EQ(payloads("c", at), (Payloads{"1", "3", "4"}));
  apply(Sent{held("c", at), 4});
  EXPECT_EQ(append("c", 9, "5"), OpStatus::full);
  EXPECT_EQ(payloads("c", at), (Payloads{"1", "3", "4"}));
}

TEST_F(InboxMessages, OneThatNeverFitsDropsNothing) {
  limits = {3, 5, Overflow::drop_oldest};
  const auto at = attach("c", 9);
  append("c", 9, "1");
  EXPECT_EQ(append("c", 9, "much too long"), OpStatus::full);
  EXPECT_EQ(payloads("c", at), Payloads{"1"});
}

TEST_F(InboxMessages, ExpiredOneIsWithheldUnlessItWasSent_MQTT_3_3_2_5_INV_D7) {
  const auto at = attach("c", 9);
  append("c", 9, "1", QoS::at_least_once, start_ms + 1000);
  append("c", 9, "2", QoS::at_least_once, start_ms + 1000);
  append("c", 9, "3");
  apply(Sent{held("c", at), 1});
  seconds_pass(1);
  const auto items = fetch("c", at);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].state, ItemState::sent);
  EXPECT_EQ(items[1].state, ItemState::withheld);
  EXPECT_TRUE(items[1].message.view.topic.empty());
  EXPECT_EQ(items[2].state, ItemState::fresh);
}

TEST_F(InboxMessages, ExpiredOnesMakeRoomInAFullInbox) {
  const auto at = attach("c", 9);
  append("c", 9, "1");
  for (int i = 0; i < 4; ++i) append("c", 9, "x", QoS::at_least_once, start_ms + 1000);
  EXPECT_EQ(append("c", 9, "2"), OpStatus::full);
  seconds_pass(1);
  EXPECT_EQ(append("c", 9, "2"), OpStatus::ok);
  EXPECT_EQ(dropped, 0u);  // they were lost before
  EXPECT_EQ(payloads("c", at), (Payloads{"1", "2"}));
}

TEST_F(InboxMessages, FullInboxIsNotWalkedForEachThatItRefuses) {
  attach("c", 9);
  for (int i = 0; i < 5; ++i) append("c", 9, "x");
  state.visited = 0;
  EXPECT_EQ(append("c", 9, "x"), OpStatus::full);
  EXPECT_EQ(state.visited, 0u);
}

TEST_F(InboxMessages, FetchKeepsItsLimitsAndSaysWhetherThereIsMore) {
  limits.count_max = 100;
  const auto at = attach("c", 9);
  for (int i = 0; i < 10; ++i) append("c", 9, "0123456789");
  const auto by_count = ask(Fetch{held("c", at), 3, 4, 1 << 20});
  ASSERT_EQ(by_count.items.size(), 4u);
  EXPECT_EQ(by_count.items[0].number, 3u);
  EXPECT_TRUE(by_count.more);
  EXPECT_EQ(by_count.next_number, 11u);
  EXPECT_EQ(ask(Fetch{held("c", at), 1, 100, 22}).items.size(), 2u);
  EXPECT_EQ(ask(Fetch{held("c", at), 1, 100, 1}).items.size(), 1u);
  EXPECT_FALSE(ask(Fetch{held("c", at), 8, 3, 1 << 20}).more);
}

TEST_F(InboxMessages, OneNoticeTellsAnAttachedInboxHoweverManyCame) {
  const auto a = attach("a", 8);
  attach("b", 9);
  attach("d", 7, 100, false, link_b);
  detach("d", attach("d", 7, 100, false, link_b));
  CommandBuilder builder;
  for (int i = 0; i < 3; ++i)
    builder.add(Append{message("t", "x"),
                       limits,
                       {{{"", "a"}, 8, QoS::at_least_once, false, {}},
                        {{"", "b"}, 9, QoS::at_least_once, false, {}},
                        {{"", "d"}, 7, QoS::at_least_once, false, {}}}});
  std::string reply;
  ASSERT_TRUE(apply_text(builder.take(), reply).ok());
  ASSERT_EQ(notices.size(), 1u);
  const auto ready = told<Ready>(link_a.node);
  ASSERT_EQ(ready.size(), 2u);
  EXPECT_EQ(ready[0].next_number, 4u);
  EXPECT_EQ(ready[0].holder, link_a);
  EXPECT_EQ(ready[0].epoch, a.epoch);
}

}  // namespace
}  // namespace tenon::service::inbox
