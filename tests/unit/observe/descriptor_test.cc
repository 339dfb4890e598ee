#include "observe/metrics/descriptor.h"

#include <gtest/gtest.h>

#include <set>

#include "observe/metrics/table.h"

namespace tenon::observe {
namespace {

constexpr std::string_view ab[] = {"a", "b"};
constexpr std::string_view twice[] = {"a", "b", "a"};
constexpr std::string_view le[] = {"le"};
constexpr std::string_view shouting[] = {"Qos"};
constexpr std::int64_t rising[] = {1, 2, 5};
constexpr std::int64_t level[] = {1, 2, 2};

bool sound(const MetricDescriptor& descriptor) {
  return check_descriptor(descriptor).ok();
}

TEST(MetricDescriptor, NamesFollowPrometheus) {
  EXPECT_TRUE(sound({"tenon_a_bytes_total", MetricKind::counter, "h", ab}));
  for (const char* name : {"a_total", "tenon_", "tenon_A_total", "tenon_a-b_total", "tenon__a_total",
                           "tenon_ä_total", "Tenon_a_total", ""})
    EXPECT_FALSE(sound({name, MetricKind::counter, "h"})) << name;
}

TEST(MetricDescriptor, OnlyCountersEndInTotalAndReservedEndingsAreRefused) {
  EXPECT_FALSE(sound({"tenon_a", MetricKind::counter, "h"}));
  EXPECT_FALSE(sound({"tenon_a_total", MetricKind::gauge, "h"}));
  for (const char* name : {"tenon_a_count", "tenon_a_sum", "tenon_a_bucket", "tenon_a_created"})
    EXPECT_FALSE(sound({name, MetricKind::gauge, "h"})) << name;
}

TEST(MetricDescriptor, LabelsAreDistinctWordsAndNotLe) {
  EXPECT_FALSE(sound({"tenon_a", MetricKind::gauge, "h", twice}));
  EXPECT_FALSE(sound({"tenon_a", MetricKind::gauge, "h", le}));
  EXPECT_FALSE(sound({"tenon_a", MetricKind::gauge, "h", shouting}));
}

TEST(MetricDescriptor, HistogramsAndOnlyTheyHaveAscendingBuckets) {
  EXPECT_TRUE(sound({"tenon_a", MetricKind::histogram, "h", {}, MetricScale::one, rising}));
  EXPECT_FALSE(sound({"tenon_a", MetricKind::histogram, "h"}));
  EXPECT_FALSE(sound({"tenon_a", MetricKind::histogram, "h", {}, MetricScale::one, level}));
  EXPECT_FALSE(sound({"tenon_a", MetricKind::gauge, "h", {}, MetricScale::one, rising}));
  std::vector<std::int64_t> many(metric_bucket_count_max + 1);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int64_t>(i);
  EXPECT_FALSE(sound({"tenon_a", MetricKind::histogram, "h", {}, MetricScale::one, many}));
}

TEST(MetricDescriptor, TheRefusalNamesTheMetricAndTheRule) {
  const Status status = check_descriptor({"tenon_a", MetricKind::gauge, ""});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::invalid);
  EXPECT_EQ(status.error().message, "metric \"tenon_a\": it needs a help text");
}

TEST(MetricTable, EveryMetricKeepsTheRulesAndIsListedOnce) {
  std::set<std::string_view> names;
  for (const MetricDescriptor* metric : all_metrics()) {
    const Status status = check_descriptor(*metric);
    EXPECT_TRUE(status.ok()) << status.error().message;
    EXPECT_TRUE(names.insert(metric->name).second) << metric->name;
    EXPECT_TRUE(metric->help.ends_with('.')) << metric->name;
  }
}

TEST(MetricTable, NanosecondsAreShownAsSeconds) {
  for (const MetricDescriptor* metric : all_metrics()) {
    if (metric->scale != MetricScale::nanoseconds) continue;
    EXPECT_NE(metric->name.find("_seconds"), std::string_view::npos) << metric->name;
  }
}

}  // namespace
}  // namespace tenon::observe
