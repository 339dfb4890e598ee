#include "broker/limits/rate_budget.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

TEST(RateBudgetTest, WithoutRateNothingIsEverOwed) {
  RateBudget budget;
  budget.spend(1'000'000'000, 5);
  EXPECT_EQ(budget.debt_ns(5), 0);
}

TEST(RateBudgetTest, AsMuchAsComesInASecondIsFreeAtOnce) {
  RateBudget budget(10);
  for (int i = 0; i < 10; ++i) budget.spend(1, ns_per_s);
  EXPECT_EQ(budget.debt_ns(ns_per_s), 0);
  budget.spend(1, ns_per_s);
  EXPECT_EQ(budget.debt_ns(ns_per_s), ns_per_s / 10);
}

TEST(RateBudgetTest, WhatWasNotSpentIsNotSavedBeyondASecond) {
  RateBudget budget(10);
  budget.spend(1, 0);
  budget.spend(11, 3600 * ns_per_s);
  EXPECT_EQ(budget.debt_ns(3600 * ns_per_s), ns_per_s / 10);
}

TEST(RateBudgetTest, OneLargeSpendingIsPaidForInFull) {
  RateBudget budget(1000);
  budget.spend(61'000, 0);
  EXPECT_EQ(budget.debt_ns(0), 60 * ns_per_s);
  EXPECT_EQ(budget.debt_ns(59 * ns_per_s), ns_per_s);
  EXPECT_EQ(budget.debt_ns(61 * ns_per_s), 0);
}

TEST(RateBudgetTest, RateHoldsInTheLongRunWhenWhoeverOwesWaits) {
  for (const std::uint64_t per_s : {1ULL, 3ULL, 7ULL, 1000ULL, 999'983ULL}) {
    RateBudget budget(per_s);
    MonoNs now = 0;
    std::uint64_t spent = 0;
    while (now < 100 * ns_per_s && spent < 1'000'000) {
      budget.spend(1, now);
      ++spent;
      now += budget.debt_ns(now);
    }
    const double seconds = static_cast<double>(now) / 1e9;
    // One second's worth was free.
    EXPECT_LE(static_cast<double>(spent), static_cast<double>(per_s) * (seconds + 1) * 1.001 + 1) << per_s;
  }
}

TEST(RateBudgetTest, AmountsAndRatesAtTheirEndsDoNotOverflow) {
  RateBudget slow(1);
  slow.spend(1'000'000'000, 0);
  EXPECT_EQ(slow.debt_ns(0), (1'000'000'000LL - 1) * ns_per_s);
  RateBudget fast(1'099'511'627'776);
  fast.spend(64 * 1024, 0);
  EXPECT_EQ(fast.debt_ns(0), 0);
}

}  // namespace
}  // namespace tenon::broker
