#include "broker/remote/claim_clock.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

TEST(ClaimClock, StampsGrowWithTheTimeAndWithinOneMoment) {
  ClaimClock clock;
  clock.set_node(7);
  const std::uint64_t first = clock.make(1000);
  const std::uint64_t second = clock.make(1000);
  const std::uint64_t third = clock.make(2000);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

// Whose clock is behind has the newer connection all the same.
TEST(ClaimClock, AStampLiesBehindAllThatWereSeen) {
  ClaimClock ahead;
  ClaimClock behind;
  ahead.set_node(1);
  behind.set_node(2);
  const std::uint64_t older = ahead.make(5000);
  behind.see(older);
  EXPECT_GT(behind.make(1000), older);
}

TEST(ClaimClock, NoTwoNodesMakeTheSame) {
  ClaimClock one;
  ClaimClock other;
  one.set_node(1);
  other.set_node(2);
  EXPECT_NE(one.make(1000), other.make(1000));
}

}  // namespace
}  // namespace tenon::broker
