// The checker sees what it is there to see, and does not cry wolf.
#include "sim/checkers/inbox_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

class InboxCheckerTest : public testing::Test {
 protected:
  void attach(std::uint64_t candidate, std::uint64_t epoch, bool present = true, std::uint64_t number = 7) {
    checker.on_attach_asked(1, candidate, false);
    checker.on_attached(1, candidate, false, present, number, epoch);
  }
  void fetch(const std::vector<InboxChecker::Item>& items) {
    checker.on_fetched(1, 7, 1, true, items, checker.moment());
  }

  World world{1, false};
  InboxChecker checker{world};
};

TEST_F(InboxCheckerTest, AnOrderlyLifeIsNoFailure) {
  attach(7, 1, false);
  checker.on_acknowledged_append(1, 7, {1, 1});
  checker.on_acknowledged_append(1, 7, {2, 1});
  fetch({{1, {1, 1}}, {2, {2, 1}}, {3, {1, 2}}});
  checker.on_ack_asked(1, 7, {1, 2});
  checker.on_ack_done(1, 7, {1, 2});
  fetch({{3, {1, 2}}});
  attach(8, 2);
  fetch({{3, {1, 2}}});
  checker.on_drained(1, 7);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(InboxCheckerTest, LostAppendIsSeen) {
  attach(7, 1, false);
  checker.on_acknowledged_append(1, 7, {1, 1});
  fetch({});
  EXPECT_FALSE(world.has_failed());
  checker.on_drained(1, 7);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, DoubleAppendIsSeen) {
  attach(7, 1, false);
  fetch({{1, {1, 1}}, {2, {1, 1}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, WrongOrderIsSeen) {
  attach(7, 1, false);
  fetch({{1, {1, 2}}, {2, {1, 1}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, AnotherMessageInTheSamePlaceIsSeen) {
  attach(7, 1, false);
  fetch({{1, {1, 1}}});
  fetch({{1, {1, 2}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, MessageThatGoesUnacknowledgedIsSeen) {
  attach(7, 1, false);
  fetch({{1, {1, 1}}, {2, {1, 2}}});
  fetch({{2, {1, 2}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, MessageThatComesBackIsSeen) {
  attach(7, 1, false);
  fetch({{1, {1, 1}}});
  checker.on_ack_asked(1, 7, {1});
  checker.on_ack_done(1, 7, {1});
  fetch({{1, {1, 1}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, AFetchAskedBeforeTheAcknowledgementMayShowIt) {
  attach(7, 1, false);
  fetch({{1, {1, 1}}});
  const InboxChecker::Moment asked_at = checker.moment();
  checker.on_ack_asked(1, 7, {1});
  checker.on_ack_done(1, 7, {1});
  checker.on_fetched(1, 7, 1, true, {{1, {1, 1}}}, asked_at);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(InboxCheckerTest, RefusedAppendThatIsThereIsSeen) {
  attach(7, 1, false);
  checker.on_append_refused(1, 7, {1, 1});
  fetch({{1, {1, 1}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, SessionThatIsGoneIsSeen) {
  attach(7, 1, false);
  attach(8, 1, false, 8);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, SessionMayBeGoneBehindACleanStartThatNobodyHeardOf) {
  attach(7, 1, false);
  checker.on_attach_asked(1, 9, true);
  attach(10, 2, true, 9);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(InboxCheckerTest, EpochWithTwoHoldersIsSeen) {
  attach(7, 1, false);
  attach(8, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(InboxCheckerTest, OlderEpochIsFenced) {
  attach(7, 1, false);
  EXPECT_FALSE(checker.is_fenced(1, 7, 1));
  attach(8, 2);
  EXPECT_TRUE(checker.is_fenced(1, 7, 1));
}

TEST_F(InboxCheckerTest, LostSubscriptionIsSeen) {
  attach(7, 1, false);
  checker.on_subscribed(1, 7, "a");
  checker.on_subscribed(1, 7, "b");
  const std::set<std::string> expected = checker.filters(1, 7);
  checker.on_unsubscribe_asked(1, 7, "b");
  checker.on_subscriptions(1, 7, expected, {"a"});
  EXPECT_FALSE(world.has_failed());
  checker.on_subscriptions(1, 7, expected, {"b"});
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
