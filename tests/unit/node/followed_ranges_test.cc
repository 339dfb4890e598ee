#include "node/followed_ranges.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

struct FollowedRangesTest : testing::Test {
  static constexpr kv::RangeId range{7, 1};
  FollowedRanges ranges;
  bool sees_majority = true;

  bool counts(MonoNs now_ns) const {
    bool found = false;
    ranges.each(
        now_ns, [this](const kv::RangeId&) { return sees_majority; },
        [&](const kv::RangeId& one) { found = found || one == range; });
    return found;
  }
};

TEST_F(FollowedRangesTest, ReplicaThatHasNeverCaughtUpIsWaitedForWithoutEnd) {
  EXPECT_FALSE(counts(1));
  ranges.fell_behind(range, 2);
  sees_majority = false;
  EXPECT_FALSE(counts(100 * ns_per_s));
  ranges.caught_up(range);
  EXPECT_TRUE(counts(100 * ns_per_s));
}

TEST_F(FollowedRangesTest, OneThatFellBehindIsWaitedForAsLongAsAMajorityIsSeen) {
  ranges.caught_up(range);
  ranges.fell_behind(range, 2);
  EXPECT_FALSE(counts(100 * ns_per_s));
  ranges.caught_up(range);
  EXPECT_TRUE(counts(100 * ns_per_s));
}

TEST_F(FollowedRangesTest, WithoutAMajorityOneThatHasAllIsGoneByAndOneThatFellBehindWaitedForTwoSeconds) {
  ranges.caught_up(range);
  sees_majority = false;
  EXPECT_TRUE(counts(1));
  ranges.fell_behind(range, 2 * ns_per_s);
  EXPECT_FALSE(counts(4 * ns_per_s - 1));
  EXPECT_TRUE(counts(4 * ns_per_s));
  ranges.fell_behind(range, 5 * ns_per_s);
  EXPECT_FALSE(counts(7 * ns_per_s - 1)) << "another link came up";
  EXPECT_TRUE(counts(7 * ns_per_s));
  sees_majority = true;
  EXPECT_FALSE(counts(50 * ns_per_s)) << "now it can find out";
}

TEST_F(FollowedRangesTest, OneThatTakesThePlaceOfAnotherHasToCatchUpFirst) {
  ranges.caught_up(range);
  ranges.ended(range);
  EXPECT_FALSE(counts(2));
  ranges.fell_behind(range, 3);
  sees_majority = false;
  EXPECT_FALSE(counts(100 * ns_per_s));
}

}  // namespace
}  // namespace tenon::node
