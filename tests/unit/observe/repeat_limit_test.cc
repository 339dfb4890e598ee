#include "observe/log/repeat_limit.h"

#include <gtest/gtest.h>

namespace tenon::observe {
namespace {

constexpr MonoNs window = 10 * ns_per_s;

TEST(RepeatLimit, AdmitsTheAllowanceThenHoldsBackUntilTheWindowPassed) {
  RepeatLimit limit(2, window);
  EXPECT_TRUE(limit.admit("a.b", "", 0).write);
  EXPECT_TRUE(limit.admit("a.b", "", 1).write);
  EXPECT_FALSE(limit.admit("a.b", "", 2).write);
  EXPECT_FALSE(limit.admit("a.b", "", window - 1).write);
  const auto next = limit.admit("a.b", "", window);
  EXPECT_TRUE(next.write);
  EXPECT_EQ(next.suppressed, 2u);
  EXPECT_EQ(limit.admit("a.b", "", window).suppressed, 0u);
}

TEST(RepeatLimit, EventsAndSourcesHaveAllowancesOfTheirOwn) {
  RepeatLimit limit(1, window);
  EXPECT_TRUE(limit.admit("a.b", "", 0).write);
  EXPECT_TRUE(limit.admit("a.c", "", 0).write);
  EXPECT_TRUE(limit.admit("a.b", "p", 0).write);
  EXPECT_FALSE(limit.admit("a.b", "p", 0).write);
  EXPECT_TRUE(limit.admit("a.", "bp", 0).write);
}

TEST(RepeatLimit, WhatWasHeldBackIsToldOnceAfterItsWindow) {
  RepeatLimit limit(1, window);
  for (int i = 0; i < 5; ++i) limit.admit("a.b", "p", 0);
  EXPECT_TRUE(limit.take_passed(window - 1).empty());
  const auto held = limit.take_passed(window);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].event, "a.b");
  EXPECT_EQ(held[0].source, "p");
  EXPECT_EQ(held[0].count, 4u);
  EXPECT_TRUE(limit.take_passed(window).empty());
  EXPECT_EQ(limit.admit("a.b", "p", window).suppressed, 0u);
}

TEST(RepeatLimit, ManyNamesShareOneAllowanceInsteadOfGrowing) {
  RepeatLimit limit(1, window);
  for (std::size_t i = 0; i < RepeatLimit::key_count_max; ++i)
    EXPECT_TRUE(limit.admit("e." + std::to_string(i), "", 0).write);
  EXPECT_TRUE(limit.admit("new.one", "", 0).write);
  EXPECT_FALSE(limit.admit("new.two", "", 0).write);
  EXPECT_TRUE(limit.admit("new.three", "", window).write);  // the old ones are forgotten
  EXPECT_TRUE(limit.admit("new.four", "", window).write);
}

}  // namespace
}  // namespace tenon::observe
