#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace tenon {
namespace {

TEST(Result, HoldsAMoveOnlyValue) {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(7);
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(*std::move(r).value(), 7);
}

TEST(Result, HoldsAnErrorWithItsText) {
  Status s = Error{Errc::no_space, "disk full"};
  ASSERT_FALSE(s.ok());
  EXPECT_EQ(s.error().code, Errc::no_space);
  EXPECT_EQ(s.error().message, "disk full");
}

TEST(ResultDeathTest, ValueOfAnErrorAborts) {
  Result<int> r = Error{Errc::invalid, "no"};
  EXPECT_DEATH((void)r.value(), "BUG: value\\(\\) of a failed Result");
}

TEST(Assert, InvariantThrowsWhatTheOwnerCanCatch) {
  EXPECT_THROW(TENON_INVARIANT(1 == 2, "arithmetic"), InvariantViolation);
}

}  // namespace
}  // namespace tenon
