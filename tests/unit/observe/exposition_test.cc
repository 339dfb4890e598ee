#include "observe/metrics/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tenon::observe {
namespace {

MetricSample sample(std::vector<std::pair<std::string, std::string>> labels, double value) {
  MetricSample out;
  out.labels = std::move(labels);
  out.value = value;
  return out;
}

std::vector<MetricFamily> families() {
  MetricSample histogram;
  histogram.labels = {{"worker", "0"}};
  histogram.bounds = {0.00001, 0.5, 1, 10};
  histogram.cumulative = {1, 2, 2, 3, 5};
  histogram.sum = 27.25;
  return {{"tenon_a_total",
           "Counts \"a\".",
           MetricKind::counter,
           {sample({{"x", "1"}, {"y", "2"}}, 3), sample({}, 4)}},
          {"tenon_b_bytes", "Two\nlines and a \\.", MetricKind::gauge, {sample({}, -1.5)}},
          {"tenon_c_seconds", "Times.", MetricKind::histogram, {histogram}}};
}

TEST(Exposition, PrometheusTextIsAsItsFormatSays) {
  EXPECT_EQ(write_exposition(families(), ExpositionFormat::prometheus_text),
            "# HELP tenon_a_total Counts \"a\".\n"
            "# TYPE tenon_a_total counter\n"
            "tenon_a_total{x=\"1\",y=\"2\"} 3\n"
            "tenon_a_total 4\n"
            "# HELP tenon_b_bytes Two\\nlines and a \\\\.\n"
            "# TYPE tenon_b_bytes gauge\n"
            "tenon_b_bytes -1.5\n"
            "# HELP tenon_c_seconds Times.\n"
            "# TYPE tenon_c_seconds histogram\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"1e-05\"} 1\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"0.5\"} 2\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"1\"} 2\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"10\"} 3\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"+Inf\"} 5\n"
            "tenon_c_seconds_sum{worker=\"0\"} 27.25\n"
            "tenon_c_seconds_count{worker=\"0\"} 5\n");
}

TEST(Exposition, OpenMetricsNamesCountersWithoutTotalAndEndsInEof) {
  EXPECT_EQ(write_exposition(families(), ExpositionFormat::openmetrics),
            "# HELP tenon_a Counts \\\"a\\\".\n"
            "# TYPE tenon_a counter\n"
            "tenon_a_total{x=\"1\",y=\"2\"} 3\n"
            "tenon_a_total 4\n"
            "# HELP tenon_b_bytes Two\\nlines and a \\\\.\n"
            "# TYPE tenon_b_bytes gauge\n"
            "tenon_b_bytes -1.5\n"
            "# HELP tenon_c_seconds Times.\n"
            "# TYPE tenon_c_seconds histogram\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"1e-05\"} 1\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"0.5\"} 2\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"1.0\"} 2\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"10.0\"} 3\n"
            "tenon_c_seconds_bucket{worker=\"0\",le=\"+Inf\"} 5\n"
            "tenon_c_seconds_sum{worker=\"0\"} 27.25\n"
            "tenon_c_seconds_count{worker=\"0\"} 5\n"
            "# EOF\n");
}

TEST(Exposition, NothingIsAnEmptyTextOrAnEof) {
  EXPECT_EQ(write_exposition({}, ExpositionFormat::prometheus_text), "");
  EXPECT_EQ(write_exposition({}, ExpositionFormat::openmetrics), "# EOF\n");
}

// ATTACK-28
TEST(Exposition, LabelValuesCanNotForgeSeries) {
  const std::vector<MetricFamily> forged = {
      {"tenon_a", "h.", MetricKind::gauge, {sample({{"client", "a\"} 1\ntenon_b 2\\"}}, 1)}}};
  EXPECT_EQ(write_exposition(forged, ExpositionFormat::prometheus_text),
            "# HELP tenon_a h.\n# TYPE tenon_a gauge\ntenon_a{client=\"a\\\"} 1\\ntenon_b 2\\\\\"} 1\n");
}

TEST(Exposition, NumbersAreExactUpTo53BitsAndSpecialsHaveNames) {
  const auto text = [](double value) {
    const std::vector<MetricFamily> one = {{"tenon_a", "h.", MetricKind::gauge, {sample({}, value)}}};
    const std::string out = write_exposition(one, ExpositionFormat::prometheus_text);
    const auto at = out.rfind("tenon_a ") + 8;
    return out.substr(at, out.size() - at - 1);
  };
  EXPECT_EQ(text(9007199254740991.0), "9007199254740991");
  EXPECT_EQ(text(1e21), "1e+21");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(std::nan("")), "NaN");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(Exposition, TheAcceptFieldChoosesTheFormat) {
  const auto text = ExpositionFormat::prometheus_text;
  const auto openmetrics = ExpositionFormat::openmetrics;
  EXPECT_EQ(choose_exposition(""), text);
  EXPECT_EQ(choose_exposition("*/*"), text);
  EXPECT_EQ(choose_exposition("text/html, text/plain"), text);
  EXPECT_EQ(choose_exposition("application/openmetrics-text"), openmetrics);
  EXPECT_EQ(choose_exposition("Application/OpenMetrics-Text; Version=\"1.0.0\""), openmetrics);
  EXPECT_EQ(choose_exposition(
                "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            openmetrics);
  EXPECT_EQ(
      choose_exposition("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.5"),
      text);
  EXPECT_EQ(choose_exposition("application/openmetrics-text;version=0.0.1"), text);
  EXPECT_EQ(choose_exposition("application/openmetrics-text;q=0"), text);
  EXPECT_EQ(choose_exposition("application/openmetrics-text;q=0.5, text/plain;q=0.1, */*;q=1"), openmetrics);
}

TEST(Exposition, AMangledAcceptFieldMeansText) {
  for (const char* accept :
       {",,,;;;==", ";q=1", "application/openmetrics-text;q=", "application/openmetrics-text;q=2",
        "application/openmetrics-text;q=nan", "\"", "application/openmetrics-text;version=\""})
    EXPECT_EQ(choose_exposition(accept), ExpositionFormat::prometheus_text) << accept;
}

}  // namespace
}  // namespace tenon::observe
