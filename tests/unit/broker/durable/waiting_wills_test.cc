#include "broker/durable/waiting_wills.h"

#include <gtest/gtest.h>

#include <thread>

namespace tenon::broker {
namespace {

using End = WaitingWills::End;
using Reach = WaitingWills::Reach;

TEST(WaitingWills, AWillWaitsOnceHoweverManyWorkersItIsHandedTo) {
  WaitingWills wills;
  bool first = false;
  bool second = false;
  std::thread worker([&] { first = wills.begin({1, 2}); });
  std::thread other([&] { second = wills.begin({1, 2}); });
  worker.join();
  other.join();
  EXPECT_NE(first, second);
  EXPECT_TRUE(wills.begin({1, 3})) << "the next one of the session";
  wills.end({1, 2}, End::not_done);
  EXPECT_TRUE(wills.begin({1, 2}));
}

TEST(WaitingWills, ConnectionsGetAWillOnceHoweverOftenItIsHandedOut_INV_W1) {
  WaitingWills wills;
  EXPECT_TRUE(wills.begin({1, 2}));
  EXPECT_EQ(wills.publish({1, 2}, 1000), Reach::all);
  EXPECT_FALSE(wills.begin({1, 2})) << "not all inboxes have it yet";
  wills.end({1, 2}, End::not_done);
  wills.tick(100'000);
  EXPECT_TRUE(wills.begin({1, 2})) << "something of it did not come through";
  EXPECT_EQ(wills.publish({1, 2}, 100'000), Reach::nobody);
}

TEST(WaitingWills, ConnectionsDoNotGetAWillThatAnotherNodeSaysItHasPublished_INV_W1) {
  WaitingWills wills;
  WaitingWills others;
  wills.begin({1, 2});
  wills.publish({1, 2}, 1000);
  for (const WillName& told : wills.tick(2000)) others.was_published(told, 2000);
  others.tick(40'000);
  EXPECT_TRUE(others.begin({1, 2})) << "it must still come to all inboxes";
  EXPECT_EQ(others.publish({1, 2}, 41'000), Reach::nobody);
}

TEST(WaitingWills, OneThatCameFromANodeWhichMayHaveEndedGoesToAllButThoseWhoHadIt_INV_W1) {
  WaitingWills wills;
  EXPECT_TRUE(wills.reach_own({1, 2}, 1000));
  EXPECT_FALSE(wills.reach_own({1, 2}, 1001)) << "two nodes have published it";
  EXPECT_TRUE(wills.begin({1, 2})) << "this node leads the range now";
  EXPECT_EQ(wills.publish({1, 2}, 1500), Reach::others);
  EXPECT_EQ(wills.publish({1, 2}, 1600), Reach::nobody);
  EXPECT_FALSE(wills.reach_own({1, 2}, 1700));
}

TEST(WaitingWills, OthersAreToldAgainWhileTheWillIsUnderWay) {
  WaitingWills wills;
  wills.begin({1, 2});
  EXPECT_TRUE(wills.tick(1000).empty()) << "nobody has had it";
  wills.publish({1, 2}, 1000);
  EXPECT_TRUE(wills.tick(1999).empty()) << "most are done by then";
  EXPECT_EQ(wills.tick(2000).size(), 1u);
  EXPECT_TRUE(wills.tick(11'999).empty());
  EXPECT_EQ(wills.tick(12'000).size(), 1u);
  wills.end({1, 2}, End::done);
  EXPECT_TRUE(wills.tick(40'000).empty());
}

TEST(WaitingWills, AWillThatIsDoneAtOnceIsRememberedUntilItsRangeHasHandedItOutAgain_INV_W1) {
  WaitingWills wills;
  wills.begin({1, 2});
  wills.publish({1, 2}, 1000);
  wills.end({1, 2}, End::done);
  wills.begin({1, 3});
  wills.end({1, 3}, End::not_done);
  EXPECT_EQ(wills.size(), 1u) << "nobody has had the other one";
  EXPECT_FALSE(wills.reach_own({1, 2}, 2000)) << "another node has published it, too";
  wills.tick(35'999);
  EXPECT_EQ(wills.size(), 1u);
  wills.tick(36'000);
  EXPECT_EQ(wills.size(), 0u);
}

TEST(WaitingWills, AWillThatTookLongIsRememberedForADay) {
  constexpr UnixMs day_ms = UnixMs{24} * 3600 * 1000;
  WaitingWills wills;
  wills.begin({1, 2});
  wills.publish({1, 2}, 1000);
  wills.tick(2000);
  wills.end({1, 2}, End::done);
  wills.tick(day_ms);
  EXPECT_TRUE(wills.begin({1, 2}));
  EXPECT_EQ(wills.publish({1, 2}, day_ms), Reach::nobody) << "it was handed out once more before it was done";
  wills.end({1, 2}, End::done);
  wills.tick(1000 + day_ms);
  EXPECT_EQ(wills.size(), 0u);
}

}  // namespace
}  // namespace tenon::broker
