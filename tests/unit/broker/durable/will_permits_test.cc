#include "broker/durable/will_permits.h"

#include <gtest/gtest.h>

#include <set>

namespace tenon::broker {
namespace {

WillPermits::Permit permit_until(UnixMs forget_at_ms) {
  WillPermits::Permit permit;
  permit.topic = "will";
  permit.forget_at_ms = forget_at_ms;
  return permit;
}

// ATTACK-13. What a plugin says anew is shown by tests/scenario/auth_test.py.
TEST(WillPermits, NothingIsKnownAgainstAWillThatNobodyHasRefused) {
  WillPermits permits;
  EXPECT_TRUE(permits.allows({1, 1}));
  permits.put({1, 1}, permit_until(1000));
  EXPECT_TRUE(permits.allows({1, 1}));
  EXPECT_TRUE(permits.tick(999).empty());
  EXPECT_TRUE(permits.allows({1, 1}));
}

TEST(WillPermits, WhatAnotherNodeHasRefusedStaysRefusedForADay) {
  WillPermits permits;
  permits.refuse({1, 2}, 1000);
  EXPECT_FALSE(permits.allows({1, 2}));
  EXPECT_TRUE(permits.allows({1, 3}));
  permits.tick(1000 + UnixMs{24} * 3600 * 1000 - 1);
  EXPECT_FALSE(permits.allows({1, 2}));
  permits.tick(1000 + UnixMs{24} * 3600 * 1000);
  EXPECT_TRUE(permits.allows({1, 2}));
}

TEST(WillPermits, WhatWasRefusedHereStaysRefusedAndIsToldAgainUntilTheWillIsOver) {
  constexpr UnixMs hour_ms = UnixMs{3600} * 1000;
  WillPermits permits;
  WillPermits::Permit permit = permit_until(72 * hour_ms);
  permit.told_at_ms = 0;
  permits.put({1, 1}, std::move(permit));
  EXPECT_TRUE(permits.tick(12 * hour_ms - 1).empty());
  EXPECT_EQ(permits.tick(12 * hour_ms), (std::vector<WillName>{{1, 1}}));
  EXPECT_TRUE(permits.tick(12 * hour_ms).empty());
  EXPECT_EQ(permits.tick(71 * hour_ms).size(), 1u);
  EXPECT_FALSE(permits.allows({1, 1}));
}

TEST(WillPermits, AWillThatIsGoneIsForgotten) {
  WillPermits permits;
  permits.refuse({1, 2}, 1000);
  permits.forget({1, 2});
  EXPECT_TRUE(permits.allows({1, 2}));
}

TEST(WillPermits, OneTickLooksAtSomeAndTheNextOnesAtTheRest) {
  WillPermits permits;
  constexpr std::size_t count = 2 * WillPermits::looked_at_max + 10;
  for (std::size_t i = 1; i <= count; ++i) {
    WillPermits::Permit permit = permit_until(INT64_MAX);
    permit.told_at_ms = 0;
    permits.put({i, 1}, std::move(permit));
  }
  constexpr UnixMs hour_ms = UnixMs{3600} * 1000;
  std::set<WillName> told;
  for (int i = 0; i < 3; ++i) {
    const auto some = permits.tick(12 * hour_ms + i);
    EXPECT_LE(some.size(), WillPermits::looked_at_max);
    told.insert(some.begin(), some.end());
  }
  EXPECT_EQ(told.size(), count);
  EXPECT_TRUE(permits.tick(12 * hour_ms + 3).empty());
}

}  // namespace
}  // namespace tenon::broker
