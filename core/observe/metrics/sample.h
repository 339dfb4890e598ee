#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "observe/metrics/descriptor.h"

namespace tenon::observe {

// What a scrape sees of one series, as plain values.
struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;  // counters and gauges
  // Histograms: upper bounds without +Inf, and the observations at or below each, the last one (+Inf) being
  // the count of all.
  std::vector<double> bounds;
  std::vector<std::uint64_t> cumulative;
  double sum = 0;
};

// All series of one metric.
struct MetricFamily {
  std::string name;
  std::string help;
  MetricKind kind = MetricKind::counter;
  std::vector<MetricSample> samples;
};

}  // namespace tenon::observe
