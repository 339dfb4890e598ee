#include "broker/tenants/subscription_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::broker {
namespace {

TEST(SubscriptionRoomTest, OneThatIsThereTakesNoRoom) {
  const std::vector<std::string> own{"a", "b/#"};
  SubscriptionRoom room(3, 3, own);
  EXPECT_TRUE(room.admit("a"));
  EXPECT_TRUE(room.admit("b/#"));
  EXPECT_FALSE(room.admit("b"));
}

TEST(SubscriptionRoomTest, NewOnesOfAPacketCountTogether) {
  const std::vector<std::string> own{"a"};
  SubscriptionRoom room(4, 2, own);
  EXPECT_TRUE(room.admit("x"));
  EXPECT_TRUE(room.admit("a"));
  EXPECT_TRUE(room.admit("y"));
  EXPECT_FALSE(room.admit("z"));
  EXPECT_TRUE(room.admit("a"));
}

TEST(SubscriptionRoomTest, ALimitThatWasLoweredAdmitsNoNewOne) {
  SubscriptionRoom room(2, 5, {});
  EXPECT_FALSE(room.admit("x"));
}

TEST(SubscriptionRoomTest, WithoutALimitThereIsAlwaysRoom) {
  SubscriptionRoom room(0, 1'000'000, {});
  EXPECT_TRUE(room.admit("x"));
}

}  // namespace
}  // namespace tenon::broker
