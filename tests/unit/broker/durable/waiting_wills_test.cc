#include "broker/durable/waiting_wills.h"

#include <gtest/gtest.h>

#include <thread>

namespace tenon::broker {
namespace {

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
  wills.end({1, 2});
  EXPECT_TRUE(wills.begin({1, 2}));
}

TEST(WaitingWills, ConnectionsGetAWillOnceHoweverOftenItIsHandedOut_INV_W1) {
  WaitingWills wills;
  EXPECT_TRUE(wills.begin({1, 2}));
  EXPECT_TRUE(wills.reach_links({1, 2}, 1000));
  EXPECT_FALSE(wills.begin({1, 2})) << "not all inboxes have it yet";
  wills.end({1, 2});
  EXPECT_TRUE(wills.begin({1, 2})) << "something of it did not come through";
  EXPECT_FALSE(wills.reach_links({1, 2}, 31'000));
}

TEST(WaitingWills, ConnectionsDoNotGetAWillThatAnotherNodeHasPublished_INV_W1) {
  WaitingWills wills;
  WaitingWills others;
  wills.begin({1, 2});
  wills.reach_links({1, 2}, 1000);
  for (const WillName& told : wills.tick(2000)) others.has_reached_links(told, 2000);
  EXPECT_TRUE(others.begin({1, 2})) << "it must still come to all inboxes";
  EXPECT_FALSE(others.reach_links({1, 2}, 31'000));
}

TEST(WaitingWills, OthersAreToldAgainWhileTheWillIsUnderWay) {
  WaitingWills wills;
  wills.begin({1, 2});
  EXPECT_TRUE(wills.tick(1000).empty()) << "nobody has had it";
  wills.reach_links({1, 2}, 1000);
  EXPECT_EQ(wills.tick(1000).size(), 1u);
  EXPECT_TRUE(wills.tick(10'999).empty());
  EXPECT_EQ(wills.tick(11'000).size(), 1u);
  wills.end({1, 2});
  EXPECT_TRUE(wills.tick(40'000).empty());
}

TEST(WaitingWills, AWillThatIsDoneAtOnceIsRememberedWhileTheNextLeaderMayHandItOut_INV_W1) {
  WaitingWills wills;
  wills.begin({1, 2});
  wills.reach_links({1, 2}, 1000);
  wills.end({1, 2});
  wills.begin({1, 3});
  wills.end({1, 3});
  EXPECT_EQ(wills.size(), 1u) << "nobody has had the other one";
  EXPECT_FALSE(wills.reach_links({1, 2}, 2000)) << "another node has published it, too";
  wills.tick(10'999);
  EXPECT_EQ(wills.size(), 1u);
  wills.tick(11'000);
  EXPECT_EQ(wills.size(), 0u);
}

TEST(WaitingWills, AWillThatCameFromAnotherNodeIsNotPublishedToConnectionsOnceMore_INV_W1) {
  WaitingWills wills;
  EXPECT_TRUE(wills.reach_links({1, 2}, 1000));
  EXPECT_TRUE(wills.begin({1, 2})) << "this node leads the range now";
  EXPECT_FALSE(wills.reach_links({1, 2}, 1500));
}

TEST(WaitingWills, AWillThatTookLongIsRememberedForADay) {
  constexpr UnixMs day_ms = UnixMs{24} * 3600 * 1000;
  WaitingWills wills;
  wills.begin({1, 2});
  wills.reach_links({1, 2}, 1000);
  wills.tick(2000);
  wills.end({1, 2});
  wills.tick(day_ms);
  EXPECT_TRUE(wills.begin({1, 2}));
  EXPECT_FALSE(wills.reach_links({1, 2}, day_ms)) << "it was handed out once more before it was done";
  wills.end({1, 2});
  wills.tick(1000 + day_ms);
  EXPECT_EQ(wills.size(), 0u);
}

}  // namespace
}  // namespace tenon::broker
