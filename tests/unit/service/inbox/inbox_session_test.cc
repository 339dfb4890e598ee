#include "inbox/inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

using InboxSession = InboxFixture;
using Filters = std::vector<std::string_view>;

TEST_F(InboxSession, TransientOneWithoutWillLeavesNothing) {
  const auto at = attach("c", 9, 0);
  EXPECT_EQ(at.number, 0u);
  EXPECT_TRUE(state.items.empty());
}

TEST_F(InboxSession, StateIsPresentUntilACleanStart_MQTT_3_1_2_4_MQTT_3_1_2_5) {
  const auto first = attach("c", 9);
  EXPECT_FALSE(first.present);
  EXPECT_EQ(first.number, 9u);
  apply(PutSubscription{held("c", first), "t", {}, 10});
  detach("c", first);
  const auto second = attach("c", 10);
  EXPECT_TRUE(second.present);
  EXPECT_EQ(second.number, 9u);
  EXPECT_GT(second.epoch, first.epoch);
  detach("c", second);
  const auto third = attach("c", 11, 100, true);
  EXPECT_FALSE(third.present);
  EXPECT_EQ(third.number, 11u);
  ASSERT_TRUE(third.ended);
  EXPECT_EQ(third.ended->number, 9u);
  EXPECT_EQ(third.ended->filters, Filters{"t"});
  EXPECT_EQ(append("c", 9, "late"), OpStatus::gone);
}

TEST_F(InboxSession, EndLeavesNothingInTheState) {
  const auto at = attach_with_will("c", 9, 100, 0);
  append("c", 9, "1");
  apply(Received{held("c", at), {1, 2}, {}});
  apply(PutSubscription{held("c", at), "a/#", {}, 10});
  const auto end = apply(End{{"", "c"}, 9});
  ASSERT_TRUE(end.ended && end.will);
  EXPECT_EQ(end.ended->filters, Filters{"a/#"});
  EXPECT_EQ(told<TakenOver>(link_a.node).size(), 1u);
  EXPECT_EQ(apply(WillDone{{"", "c"}, end.will->id}).status, OpStatus::ok);
  EXPECT_TRUE(state.items.empty());
  EXPECT_EQ(machine.counts(), Counts{});
  EXPECT_EQ(apply(End{{"", "c"}, 9}).status, OpStatus::gone);
}

TEST_F(InboxSession, WhatOthersHaveDetachedItsHolderHoldsNoMore) {
  const auto at = attach("c", 9);
  append("c", 9, "1");
  NodeGone gone;
  gone.node = link_a.node;
  gone.incarnation = link_a.incarnation;
  EXPECT_EQ(apply(gone).detached, 1u);
  EXPECT_EQ(apply(Acknowledge{held("c", at), {1}}).status, OpStatus::stale);
  EXPECT_EQ(ask(Fetch{held("c", at), 0, 100, 1 << 20}).status, OpStatus::stale);
  const auto again = attach("c", 10);
  EXPECT_TRUE(again.present);
  EXPECT_EQ(payloads("c", again), (std::vector<std::string>{"1"}));
}

TEST_F(InboxSession, AnAbandonedAttachIsUndoneAndLeavesNoWill) {
  attach_with_will("c", 9, 100, 0);
  const auto end = apply(Abandon{{"", "c"}, link_a, 9});
  EXPECT_EQ(end.status, OpStatus::ok);
  EXPECT_FALSE(end.will || end.ended);
  EXPECT_EQ(append("c", 9, "kept"), OpStatus::ok);
  EXPECT_TRUE(told<Ready>(link_a.node).empty());
  const auto next = attach("c", 10);
  EXPECT_TRUE(next.present);
  EXPECT_FALSE(next.previous);
}

TEST_F(InboxSession, AbandonedIsOnlyWhatThisConnectionHolds) {
  EXPECT_EQ(apply(Abandon{{"", "c"}, link_a, 9}).status, OpStatus::gone);
  const auto at = attach("c", 9);
  Holder other = link_a;
  ++other.connection;
  EXPECT_EQ(apply(Abandon{{"", "c"}, other, 9}).status, OpStatus::stale);
  EXPECT_EQ(apply(Abandon{{"", "c"}, link_a, 10}).status, OpStatus::stale);
  EXPECT_EQ(apply(Sent{held("c", at), 0}).status, OpStatus::ok);
  detach("c", at);
  EXPECT_EQ(apply(Abandon{{"", "c"}, link_a, 9}).status, OpStatus::stale);
}

TEST_F(InboxSession, SameAttachAgainAnswersTheSame) {
  const auto first = attach("c", 9);
  append("c", 9, "1");
  const auto before = state.items;
  const auto again = attach("c", 9);
  EXPECT_EQ(again.number, first.number);
  EXPECT_EQ(again.epoch, first.epoch);
  EXPECT_FALSE(again.present);
  EXPECT_FALSE(again.previous);
  EXPECT_EQ(state.items, before);
}

TEST_F(InboxSession, WhoWasThereIsToldAgainUntilTheNextOneHasLeft_INV_S1) {
  attach("c", 9);
  EXPECT_EQ(take_over("c", 10).previous, link_a);
  const auto before = state.items;
  const auto again = take_over("c", 10);
  EXPECT_EQ(again.previous, link_a);
  EXPECT_EQ(state.items, before);
  detach("c", again);
  EXPECT_FALSE(take_over("c", 11).previous);
}

TEST_F(InboxSession, WhoWasThereBeforeAnAttachThatIsUndoneIsToldToTheNextOne_INV_S1) {
  Holder third = link_b;
  ++third.connection;
  attach("c", 9);
  take_over("c", 10);
  EXPECT_EQ(apply(Abandon{{"", "c"}, link_b, 10}).status, OpStatus::ok);
  EXPECT_EQ(take_over("c", 11).previous, link_a);
  NodeGone gone;
  gone.node = link_b.node;
  gone.incarnation = link_b.incarnation;
  EXPECT_EQ(apply(gone).detached, 1u);
  EXPECT_EQ(take_over("c", 12, 5, true, {}, third).previous, link_a) << "a clean start makes it no better";
  EXPECT_EQ(take_over("c", 12, 5, true, {}, third).previous, link_a);
}

TEST_F(InboxSession, NobodyIsToldToWaitForHimself) {
  take_over("c", 10);
  Holder third = link_b;
  ++third.connection;
  EXPECT_EQ(take_over("c", 11, 5, false, {}, third).previous, link_b);
  EXPECT_EQ(apply(Abandon{{"", "c"}, third, 11}).status, OpStatus::ok);
  EXPECT_FALSE(take_over("c", 10).previous);
}

TEST_F(InboxSession, TakeoverFencesTheOlderLink_INV_S3) {
  const auto old = attach("c", 9);
  append("c", 9, "1");
  const auto now = attach("c", 10, 100, false, link_b);
  EXPECT_TRUE(now.present);
  EXPECT_EQ(now.previous, link_a);
  const auto notice = told<TakenOver>(link_a.node);
  ASSERT_EQ(notice.size(), 1u);
  EXPECT_EQ(notice[0].holder, link_a);
  EXPECT_EQ(notice[0].epoch, old.epoch);
  const auto before = state.items;
  EXPECT_EQ(apply(Sent{held("c", old), 1}).status, OpStatus::stale);
  EXPECT_EQ(apply(Acknowledge{held("c", old), {1}}).status, OpStatus::stale);
  EXPECT_EQ(apply(Release{held("c", old), {1}}).status, OpStatus::stale);
  EXPECT_EQ(apply(Received{held("c", old), {1}, {}}).status, OpStatus::stale);
  EXPECT_EQ(apply(PutSubscription{held("c", old), "t", {}, 10}).status, OpStatus::stale);
  EXPECT_EQ(apply(RemoveSubscription{held("c", old), "t"}).status, OpStatus::stale);
  EXPECT_EQ(detach("c", old, 0).status, OpStatus::stale);
  EXPECT_EQ(ask(Fetch{held("c", old), 0, 10, 100}).status, OpStatus::stale);
  EXPECT_EQ(state.items, before);
}

TEST_F(InboxSession, ExpiryZeroEndsItWithTheConnection) {
  const auto at = attach("c", 9);
  const auto end = detach("c", at, 0);
  ASSERT_TRUE(end.ended);
  EXPECT_EQ(end.ended->number, 9u);
  EXPECT_TRUE(state.items.empty());
}

TEST_F(InboxSession, ExpiresWhenItsTimeHasComeAndNotBefore_INV_S4) {
  const auto at = attach("c", 9);
  apply(PutSubscription{held("c", at), "t", {}, 10});
  detach("c", at, 100);
  seconds_pass(99);
  run_due();
  EXPECT_EQ(machine.counts().sessions, 1u);
  seconds_pass(1);
  run_due();
  EXPECT_EQ(machine.counts().sessions, 0u);
  const auto ended = told<SessionEnded>(kv::NodeId::none);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].owner.client_id, "c");
  EXPECT_EQ(ended[0].ended.filters, Filters{"t"});
  EXPECT_TRUE(state.items.empty());
}

TEST_F(InboxSession, NeverExpiringOneStays) {
  const auto at = attach("c", 9, never_expires_s);
  detach("c", at, never_expires_s);
  now_ms = INT64_MAX / 2;
  run_due();
  EXPECT_EQ(machine.counts().sessions, 1u);
  EXPECT_EQ(machine.memory_bytes(), InboxMachine(7).memory_bytes());
}

TEST_F(InboxSession, ExpiredOneIsNotFoundEvenBeforeItsTick_INV_S4) {
  const auto at = attach("c", 9);
  detach("c", at, 100);
  seconds_pass(100);
  const auto again = attach("c", 10);
  EXPECT_FALSE(again.present);
  EXPECT_EQ(again.number, 10u);
  EXPECT_TRUE(again.ended);
  run_due();
  EXPECT_EQ(machine.counts().attached, 1u);
}

TEST_F(InboxSession, DueIsRepeatedUntilApplied) {
  const auto at = attach("c", 9);
  detach("c", at, 100);
  seconds_pass(100);
  std::vector<std::string> first, second;
  machine.due(now_ms, first);
  machine.due(now_ms, second);
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(first, second);
}

TEST_F(InboxSession, SubscriptionsAreKeptAndCounted) {
  const auto at = attach("c", 9);
  StoredOptions options{{7, mqtt::QoS::exactly_once, true, true}};
  auto put = apply(PutSubscription{held("c", at), "b", options, 2});
  EXPECT_EQ(put.status, OpStatus::ok);
  EXPECT_FALSE(put.existed);
  EXPECT_TRUE(apply(PutSubscription{held("c", at), "b", options, 2}).existed);
  apply(PutSubscription{held("c", at), "a", {}, 2});
  EXPECT_EQ(apply(PutSubscription{held("c", at), "c", {}, 2}).status, OpStatus::full);
  const auto page = ask(ListSubscriptions{{"", "c"}, "", 1});
  EXPECT_TRUE(page.more);
  const auto rest = ask(ListSubscriptions{{"", "c"}, page.subscriptions.at(0).filter, 10});
  EXPECT_FALSE(rest.more);
  ASSERT_EQ(rest.subscriptions.size(), 1u);
  EXPECT_EQ(rest.subscriptions[0].filter, "b");
  EXPECT_EQ(rest.subscriptions[0].options.options, options.options);
  EXPECT_TRUE(apply(RemoveSubscription{held("c", at), "b"}).existed);
  EXPECT_FALSE(apply(RemoveSubscription{held("c", at), "b"}).existed);
  EXPECT_EQ(ask(GetSession{{"", "c"}}).session->subscription_count, 1u);
}

TEST_F(InboxSession, AnOperatorSubscribesASessionWhoeverHoldsIt) {
  const auto at = attach("c", 9);
  const StoredOptions options{{7, mqtt::QoS::exactly_once, true, true}};
  EXPECT_FALSE(apply(Subscribe{{"", "c"}, 9, "a", options, 2}).existed);
  detach("c", at, 100);
  EXPECT_TRUE(apply(Subscribe{{"", "c"}, 9, "a", {}, 2}).existed);
  EXPECT_EQ(apply(Subscribe{{"", "c"}, 9, "b", options, 2}).status, OpStatus::ok);
  EXPECT_EQ(apply(Subscribe{{"", "c"}, 9, "c", options, 2}).status, OpStatus::full);
  EXPECT_EQ(apply(Subscribe{{"", "c"}, 8, "c", options, 9}).status, OpStatus::gone);
  EXPECT_EQ(apply(Unsubscribe{{"", "c"}, 8, "b"}).status, OpStatus::gone);
  EXPECT_EQ(ask(GetSession{{"", "c"}}).session->subscription_count, 2u);
  EXPECT_TRUE(apply(Unsubscribe{{"", "c"}, 9, "b"}).existed);
  EXPECT_FALSE(apply(Unsubscribe{{"", "c"}, 9, "b"}).existed);
  EXPECT_EQ(ask(GetSession{{"", "c"}}).session->subscription_count, 1u);
  EXPECT_EQ(ask(ListSubscriptions{{"", "c"}, "", 10}).subscriptions.at(0).options.options.qos,
            mqtt::QoS::at_most_once);
}

TEST_F(InboxSession, ReceivedIdsAreToldToTheNextConnection) {
  const auto at = attach("c", 9);
  apply(Received{held("c", at), {3, 500, 7}, {}});
  apply(Received{held("c", at), {}, {7, 8}});
  detach("c", at);
  EXPECT_EQ(attach("c", 10).received_ids, (std::vector<std::uint16_t>{3, 500}));
}

TEST_F(InboxSession, SessionsOfADeadNodeAreDetachedInPieces) {
  for (const char* client : {"a", "b", "c"}) attach(client, 9, 100);
  attach("d", 9, 100, false, link_b);
  attach("e", 9, 100, false, Holder{link_a.node, 2, 1});
  std::string cursor;
  std::uint32_t detached = 0;
  int pieces = 0;
  do {
    const auto reply = apply(NodeGone{link_a.node, 1, cursor, 2});
    detached += reply.detached;
    cursor = reply.cursor;
    ++pieces;
  } while (!cursor.empty());
  EXPECT_EQ(detached, 3u);
  EXPECT_GE(pieces, 3);
  EXPECT_EQ(machine.counts().attached, 2u);
  seconds_pass(100);
  run_due();
  EXPECT_EQ(machine.counts().sessions, 2u);
}

TEST_F(InboxSession, ListGoesOnAtItsCursor) {
  for (const char* client : {"a", "b", "c", "d"}) attach(client, 9);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page = ask(ListSessions{cursor, 3});
    for (const auto& session : page.sessions) seen.emplace_back(session.client_id);
    cursor = page.cursor;
  } while (!cursor.empty());
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(ask(GetCounts{}).attached, 4u);
}

class InboxUser : public InboxFixture {
 protected:
  AttachReply attach_as(std::string_view user, Number candidate, bool clean = false,
                        const Holder& holder = link_a, bool binds = true) {
    Attach op{{"", "c"}, candidate, clean, 100, holder, {}};
    op.user = user;
    op.bind_user = binds;
    return apply(op);
  }
  // What the state is, to see that nothing has changed.
  auto rows() const { return state.items; }
};

TEST_F(InboxUser, SessionIsItsUsersAlone) {  // ATTACK-15
  const auto ann = attach_as("ann", 9);
  append("c", 9, "hers");
  const auto before = rows();
  for (const std::string_view other : {"bob", "", "an", "ann2"})
    for (const bool clean : {false, true}) {
      const auto reply = attach_as(other, 10, clean, link_b);
      EXPECT_TRUE(reply.refused) << other;
      EXPECT_EQ(reply.number, 0u);
      EXPECT_FALSE(reply.present || reply.ended || reply.will || reply.previous);
      EXPECT_TRUE(notices.empty()) << "the owner must notice nothing";
      EXPECT_EQ(rows(), before);
    }
  EXPECT_EQ(payloads("c", ann), std::vector<std::string>{"hers"});
}

TEST_F(InboxUser, DetachedSessionIsStillItsUsers) {
  detach("c", attach_as("ann", 9));
  EXPECT_TRUE(attach_as("bob", 10, false, link_b).refused);
  const auto again = attach_as("ann", 11, false, link_b);
  EXPECT_FALSE(again.refused);
  EXPECT_TRUE(again.present);
  EXPECT_EQ(again.number, 9u);
}

TEST_F(InboxUser, SameUserTakesOver) {
  attach_as("ann", 9);
  const auto again = attach_as("ann", 10, false, link_b);
  EXPECT_TRUE(again.present);
  EXPECT_EQ(again.previous, link_a);
}

TEST_F(InboxUser, ExpiredSessionIsNobodysAnyMore) {
  detach("c", attach_as("ann", 9));
  now_ms += 100'000;
  const auto bob = attach_as("bob", 10, false, link_b);
  EXPECT_FALSE(bob.refused || bob.present);
  EXPECT_EQ(bob.number, 10u);
  EXPECT_TRUE(attach_as("ann", 11).refused);
}

TEST_F(InboxUser, SessionWithoutAUserIsAnybodysAndThenTheirs) {
  detach("c", attach_as("", 9));
  const auto bob = attach_as("bob", 10, false, link_b);
  EXPECT_TRUE(bob.present);
  EXPECT_TRUE(attach_as("", 11).refused);
}

TEST_F(InboxUser, WithoutBindingWhoeverComesTakesItOver) {
  attach_as("ann", 9);
  const auto bob = attach_as("bob", 10, false, link_b, false);
  EXPECT_FALSE(bob.refused);
  EXPECT_TRUE(bob.present);
  EXPECT_TRUE(attach_as("ann", 11).refused) << "it is bob's now";
}

TEST_F(InboxUser, RecordOfAnOlderWriterHasNoUser) {
  detach("c", attach_as("", 9));
  const std::string key = key_of(owner_prefix({"", "c"}), KeyKind::session);
  std::string& record = state.items.at(key);
  ASSERT_EQ(record.back(), '\0');
  record.pop_back();
  const auto bob = attach_as("bob", 10, false, link_b);
  EXPECT_TRUE(bob.present);
  EXPECT_EQ(bob.number, 9u);
}

TEST_F(InboxUser, RepeatedAttachOfItsHolderIsAnsweredTheSame) {
  const auto first = attach_as("ann", 9);
  const auto again = attach_as("ann", 9);
  EXPECT_FALSE(again.refused);
  EXPECT_EQ(again.epoch, first.epoch);
}

}  // namespace
}  // namespace tenon::service::inbox
