#include "load/stats/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace tenon::load {
namespace {

double relative_error(std::uint64_t reported, std::uint64_t exact) {
  if (exact == 0) return reported == 0 ? 0 : 1;
  return std::abs(static_cast<double>(reported) - static_cast<double>(exact)) / static_cast<double>(exact);
}

TEST(Histogram, ReportsEverySingleValueWithinOnePercent) {
  for (std::uint64_t value = 1; value < Histogram::value_max / 3; value = value * 3 / 2 + 1) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(Histogram::value_max);  // else max() would give the value away
    EXPECT_LT(relative_error(histogram.percentile(50), value), 0.01) << value;
  }
}

TEST(Histogram, ReportsBothEndsOfEachDoublingWithinOnePercent) {
  for (unsigned bit = 1; bit < Histogram::value_bits; ++bit) {
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
      Histogram histogram;
      histogram.record(value);
      histogram.record(Histogram::value_max);
      EXPECT_LT(relative_error(histogram.percentile(50), value), 0.01) << value;
    }
  }
}

TEST(Histogram, IsExactBelow128) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 128; ++value) histogram.record(value);
  EXPECT_EQ(histogram.percentile(0), 0U);
  EXPECT_EQ(histogram.percentile(50), 63U);
  EXPECT_EQ(histogram.percentile(100), 127U);
}

TEST(Histogram, PercentilesOfManyValuesStayWithinOnePercentOfTheSortedOnes) {
  std::mt19937_64 random(20261122);
  std::lognormal_distribution<double> distribution(12.0, 2.0);
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(distribution(random)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    EXPECT_LT(relative_error(histogram.percentile(percent), values[rank - 1]), 0.01) << percent;
  }
}

TEST(Histogram, KeepsCountMinMaxAndMeanExactly) {
  Histogram histogram;
  for (const std::uint64_t value : {1000U, 3000U, 2000U}) histogram.record(value);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.min(), 1000U);
  EXPECT_EQ(histogram.max(), 3000U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 2000.0);
}

TEST(Histogram, IsAllZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.percentile(99), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(Histogram, MergeEqualsRecordingIntoOne) {
  Histogram odd;
  Histogram even;
  Histogram all;
  for (std::uint64_t value = 0; value < 100'000; value += 7) {
    (value % 2 != 0 ? odd : even).record(value);
    all.record(value);
  }
  odd.merge(even);
  EXPECT_EQ(odd.count(), all.count());
  EXPECT_EQ(odd.min(), all.min());
  EXPECT_EQ(odd.max(), all.max());
  for (const double percent : {10.0, 50.0, 99.0}) EXPECT_EQ(odd.percentile(percent), all.percentile(percent));
}

TEST(Histogram, CountsWhatIsTooLargeAsTheLargestValue) {
  Histogram histogram;
  histogram.record(~std::uint64_t{0});
  EXPECT_EQ(histogram.max(), Histogram::value_max);
  EXPECT_EQ(histogram.count(), 1U);
}

}  // namespace
}  // namespace tenon::load
