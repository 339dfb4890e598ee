#include "inbox/inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

using InboxWill = InboxFixture;

TEST_F(InboxWill, OneWithoutDelayIsDueAtTheEnd_MQTT_3_1_2_8) {
  const auto at = attach_with_will("c", 9, 100, 0);
  const auto end = detach("c", at);
  ASSERT_TRUE(end.will);
  EXPECT_EQ(end.will->message.view.topic, "will");
  EXPECT_EQ(end.will->id, (WillId{9, at.epoch}));
  EXPECT_EQ(apply(WillDone{{"", "c"}, end.will->id}).status, OpStatus::ok);
  seconds_pass(50);
  run_due();
  EXPECT_TRUE(notices.empty());
}

TEST_F(InboxWill, CleanDisconnectDropsIt_MQTT_3_1_2_10) {
  const auto at = attach_with_will("c", 9, 100, 0);
  EXPECT_FALSE(detach("c", at, 100, WillFate::drop).will);
  EXPECT_FALSE(detach("c", attach_with_will("c", 10, 0, 0), 0, WillFate::drop).will);
  EXPECT_TRUE(state.items.empty());
}

TEST_F(InboxWill, DelayedOneGoesOutOnce_INV_W1) {
  const auto at = attach_with_will("c", 9, 100, 10);
  EXPECT_FALSE(detach("c", at).will);
  seconds_pass(9);
  run_due();
  EXPECT_TRUE(notices.empty());
  seconds_pass(1);
  run_due();
  const auto wills = told<WillIsDue>(kv::NodeId::none);
  ASSERT_EQ(wills.size(), 1u);
  EXPECT_EQ(wills[0].owner.client_id, "c");
  run_due();
  EXPECT_TRUE(notices.empty());
  apply(WillDone{{"", "c"}, wills[0].will.id});
  seconds_pass(60);
  run_due();
  EXPECT_TRUE(notices.empty());
}

TEST_F(InboxWill, ReconnectInTimeCancelsIt_MQTT_3_1_3_9) {
  const auto at = attach_with_will("c", 9, 100, 10);
  detach("c", at);
  seconds_pass(9);
  EXPECT_FALSE(attach("c", 10).will);
  seconds_pass(60);
  run_due();
  EXPECT_TRUE(notices.empty());
  EXPECT_EQ(state.items.size(), 1u);
}

TEST_F(InboxWill, ReconnectAfterTheDelayDoesNotEvenIfNoTickCame) {
  detach("c", attach_with_will("c", 9, 100, 10));
  seconds_pass(10);
  EXPECT_TRUE(attach("c", 10).will);
}

TEST_F(InboxWill, EndOfTheSessionComesBeforeALongDelay_INV_W1) {
  detach("c", attach_with_will("c", 9, 20, 1000), 20);
  seconds_pass(20);
  run_due();
  EXPECT_EQ(told<WillIsDue>(kv::NodeId::none).size(), 1u);
  EXPECT_EQ(machine.counts().sessions, 0u);
}

TEST_F(InboxWill, CleanStartEndsTheSessionAndSendsIt) {
  detach("c", attach_with_will("c", 9, 100, 1000));
  EXPECT_TRUE(attach("c", 10, 100, true).will);
}

TEST_F(InboxWill, TakeoverSendsOneWithoutDelayOnly) {
  attach_with_will("c", 9, 100, 0);
  EXPECT_TRUE(attach("c", 10, 100, false, link_b).will);
  attach_with_will("d", 11, 100, 5);
  EXPECT_FALSE(attach("d", 12, 100, false, link_b).will);
}

TEST_F(InboxWill, OneThatNobodyConfirmsIsHandedOutAgain) {
  const auto end = detach("c", attach_with_will("c", 9, 0, 0), 0);
  ASSERT_TRUE(end.will);
  seconds_pass(29);
  run_due();
  EXPECT_TRUE(notices.empty());
  seconds_pass(1);
  InboxMachine other(3);
  ASSERT_TRUE(other.load(state).ok());
  std::vector<std::string> commands;
  other.due(now_ms, commands);
  EXPECT_EQ(commands.size(), 1u);
  run_due();
  EXPECT_EQ(told<WillIsDue>(kv::NodeId::none).size(), 1u);
}

TEST_F(InboxWill, ALaterOneOfTheSameSessionWaitsUntilTheEarlierOneIsDone_INV_W1) {
  const auto first = attach_with_will("c", 9, 100, 0);
  const auto end = detach("c", first);
  ASSERT_TRUE(end.will);
  const auto second = attach_with_will("c", 10, 100, 0);
  EXPECT_FALSE(detach("c", second).will);
  const auto third = attach_with_will("c", 11, 100, 0);
  EXPECT_FALSE(attach("c", 12, 100, false, link_b).will);
  // By time, too, only the oldest is handed out again.
  seconds_pass(30);
  run_due();
  const auto again = told<WillIsDue>(kv::NodeId::none);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].will.id, end.will->id);
  for (const std::uint64_t epoch : {first.epoch, second.epoch}) {
    EXPECT_EQ(apply(WillDone{{"", "c"}, {9, epoch}}).status, OpStatus::ok);
    const auto next = told<WillIsDue>(kv::NodeId::none);
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(next[0].will.id, (WillId{9, epoch == first.epoch ? second.epoch : third.epoch}));
  }
  EXPECT_EQ(apply(WillDone{{"", "c"}, {9, third.epoch}}).status, OpStatus::ok);
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
}

TEST_F(InboxWill, TransientSessionKeepsItsWillForTheDeathOfItsNode_INV_W1) {
  const auto at = attach_with_will("c", 9, 0, 100);
  EXPECT_EQ(at.number, 9u);
  apply(NodeGone{link_a.node, 1, "", 10});
  ASSERT_EQ(told<WillIsDue>(kv::NodeId::none).size(), 1u);
  EXPECT_EQ(machine.counts().sessions, 0u);
}

TEST_F(InboxWill, TransientSessionIsNotPresentToItsSuccessor) {
  attach_with_will("c", 9, 0, 0);
  const auto next = attach("c", 10, 100, false, link_b);
  EXPECT_FALSE(next.present);
  EXPECT_TRUE(next.ended && next.will);
}

TEST_F(InboxWill, ConfirmationOfOneThatIsNotDueIsRefused) {
  const auto at = attach_with_will("c", 9, 100, 10);
  EXPECT_EQ(apply(WillDone{{"", "c"}, {9, at.epoch}}).status, OpStatus::stale);
  EXPECT_EQ(apply(WillDone{{"", "c"}, {9, 77}}).status, OpStatus::gone);
}

using InboxHeldWill = InboxFixture;

TEST_F(InboxHeldWill, AGoodbyeThatComesBehindTheNextConnectionTakesItAway_MQTT_3_1_2_10) {
  const auto at = attach_with_will("c", 9, 100, 0);
  const auto next = take_over("c", 10);
  EXPECT_TRUE(next.present);
  EXPECT_FALSE(next.will);
  EXPECT_EQ(told<TakenOver>(link_a.node).size(), 1u);
  EXPECT_EQ(detach("c", at, 100, WillFate::drop).status, OpStatus::stale);
  EXPECT_FALSE(settle("c", at, WillFate::drop));
  seconds_pass(3600);
  run_due();
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
}

TEST_F(InboxHeldWill, OfAConnectionThatHadNotSaidGoodbyeIsDueOnceThatIsKnown_MQTT_3_1_2_8) {
  const auto at = attach_with_will("c", 9, 100, 0);
  EXPECT_FALSE(take_over("c", 10).will);
  EXPECT_EQ(detach("c", at, 100, WillFate::keep).status, OpStatus::stale);
  const auto will = settle("c", at, WillFate::keep);
  ASSERT_TRUE(will);
  EXPECT_EQ(will->id, (WillId{9, at.epoch}));
  EXPECT_FALSE(settle("c", at, WillFate::keep)) << "once";
  EXPECT_EQ(apply(WillDone{{"", "c"}, will->id}).status, OpStatus::ok);
}

TEST_F(InboxHeldWill, IsDueByItselfWhenNobodySaysAnything) {
  attach_with_will("c", 9, 100, 0);
  EXPECT_FALSE(take_over("c", 10, 5).will);
  seconds_pass(4);
  run_due();
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
  seconds_pass(1);
  InboxMachine other(3);  // a replica that was loaded knows of it, too
  ASSERT_TRUE(other.load(state).ok());
  std::vector<std::string> commands;
  other.due(now_ms, commands);
  EXPECT_EQ(commands.size(), 1u);
  run_due();
  EXPECT_EQ(told<WillIsDue>(kv::NodeId::none).size(), 1u);
}

TEST_F(InboxHeldWill, AWordThatComesTooLateChangesNothing) {
  const auto at = attach_with_will("c", 9, 100, 0);
  take_over("c", 10, 5);
  seconds_pass(5);
  run_due();
  EXPECT_FALSE(settle("c", at, WillFate::drop));
  EXPECT_EQ(apply(WillDone{{"", "c"}, {9, at.epoch}}).status, OpStatus::ok) << "it was due, and stays so";
}

TEST_F(InboxHeldWill, OfASessionThatEndsByTheTakeoverIsHeldWithItsDelay) {
  const auto at = attach_with_will("c", 9, 100, 60);
  const auto next = take_over("c", 10, 5, true);
  EXPECT_TRUE(next.ended);
  EXPECT_FALSE(next.will);
  EXPECT_EQ(detach("c", at, 100, WillFate::drop).status, OpStatus::gone);
  EXPECT_FALSE(settle("c", at, WillFate::drop));
  seconds_pass(3600);
  run_due();
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
}

TEST_F(InboxHeldWill, OneWithADelayIsGoneWhenTheSessionIsResumed_MQTT_3_1_3_9) {
  const auto at = attach_with_will("c", 9, 100, 60);
  EXPECT_FALSE(take_over("c", 10, 5).will);
  EXPECT_FALSE(settle("c", at, WillFate::keep));
  seconds_pass(3600);
  run_due();
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
}

TEST_F(InboxHeldWill, ALaterOneOfTheSessionWaitsUntilItIsSettled_INV_W1) {
  for (const WillFate fate : {WillFate::keep, WillFate::drop}) {
    const auto first = attach_with_will("c", 9, 100, 0);
    const auto second = take_over("c", 10, 60, false, Attach::Will{message("will", "gone"), 0});
    EXPECT_FALSE(detach("c", second).will);
    seconds_pass(31);
    run_due();
    EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
    auto next = settle("c", first, fate);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->id.epoch, fate == WillFate::keep ? first.epoch : second.epoch);
    apply(WillDone{{"", "c"}, next->id});
    const auto behind = told<WillIsDue>(kv::NodeId::none);
    ASSERT_EQ(behind.size(), fate == WillFate::keep ? 1u : 0u);
    if (!behind.empty()) {
      EXPECT_EQ(behind[0].will.id.epoch, second.epoch);
      apply(WillDone{{"", "c"}, behind[0].will.id});
    }
  }
  EXPECT_EQ(state.items.size(), 1u) << "only the session is left";
}

TEST_F(InboxHeldWill, OfAConnectionThatIsThereIsNotToBeSettled) {
  const auto at = attach_with_will("c", 9, 100, 0);
  EXPECT_FALSE(settle("c", at, WillFate::drop));
  EXPECT_TRUE(detach("c", at).will);
}

TEST_F(InboxHeldWill, AClientWhoseIdIsAnothersChangesNothing_ATTACK_15) {
  Attach mine{{"", "c"}, 9, false, 100, link_a, Attach::Will{message("will", "gone"), 0}};
  mine.user = "me";
  const auto at = apply(mine);
  Attach theirs{{"", "c"}, 10, false, 100, link_b, {}};
  theirs.user = "them";
  theirs.bind_user = true;
  EXPECT_TRUE(apply(AttachHolding{5, theirs}).refused);
  seconds_pass(3600);
  run_due();
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
  EXPECT_TRUE(detach("c", at).will);
}

}  // namespace
}  // namespace tenon::service::inbox
