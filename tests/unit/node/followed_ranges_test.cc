#include "node/followed_ranges.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

struct FollowedRangesTest : testing::Test {
  static constexpr kv::RangeId range{7, 1};
  FollowedRanges ranges;

  void lead(bool is_led, MonoNs now_ns) { ranges.leader_changed(range, is_led, now_ns); }
  bool counts(MonoNs now_ns) const { return ranges.counts(range, now_ns); }
};

TEST_F(FollowedRangesTest, ReplicaThatHasNeverCaughtUpIsWaitedForWithoutEnd) {
  lead(true, 1);
  EXPECT_FALSE(counts(1));
  lead(false, 2);
  EXPECT_FALSE(counts(100 * ns_per_s));
  ranges.fell_behind(range, 3);
  EXPECT_FALSE(counts(200 * ns_per_s));
  ranges.caught_up(range, 4);
  EXPECT_TRUE(counts(4));
}

TEST_F(FollowedRangesTest, ReplicaThatFellBehindIsWaitedForAsLongAsSomebodyLeads) {
  lead(true, 1);
  ranges.caught_up(range, 1);
  ranges.fell_behind(range, 2);
  EXPECT_FALSE(counts(100 * ns_per_s));
  ranges.caught_up(range, 3);
  EXPECT_TRUE(counts(3));
}

TEST_F(FollowedRangesTest, WithoutALeaderOneThatFellBehindIsWaitedForTwoSecondsAndAgainOnceOneIsKnown) {
  lead(true, 1);
  ranges.caught_up(range, 1);
  lead(false, ns_per_s);
  EXPECT_TRUE(counts(ns_per_s)) << "it has all that can have been acknowledged to it";
  ranges.fell_behind(range, 2 * ns_per_s);
  EXPECT_FALSE(counts(4 * ns_per_s - 1));
  EXPECT_TRUE(counts(4 * ns_per_s));
  lead(true, 5 * ns_per_s);
  EXPECT_FALSE(counts(50 * ns_per_s));
  lead(false, 60 * ns_per_s);
  EXPECT_FALSE(counts(62 * ns_per_s - 1));
  EXPECT_TRUE(counts(62 * ns_per_s));
}

TEST_F(FollowedRangesTest, OneThatTakesThePlaceOfAnotherHasToCatchUpFirst) {
  ranges.caught_up(range, 1);
  ranges.ended(range);
  EXPECT_FALSE(counts(2));
  ranges.fell_behind(range, 3);
  EXPECT_FALSE(counts(100 * ns_per_s));
}

TEST_F(FollowedRangesTest, EachThatCountsIsNamed) {
  ranges.caught_up(range, 1);
  ranges.caught_up({8, 1}, 1);
  ranges.fell_behind({8, 1}, 2);
  std::size_t count = 0;
  ranges.each(2, [&](const kv::RangeId& one) {
    EXPECT_EQ(one, range);
    ++count;
  });
  EXPECT_EQ(count, 1u);
}

}  // namespace
}  // namespace tenon::node
