#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace tenon::observe {

enum class MetricKind : std::uint8_t {
  counter,    // only grows; its name ends in _total
  gauge,      // goes up and down
  histogram,  // counts observations in buckets
};

// How the integers that are counted become the numbers that are shown.
enum class MetricScale : std::uint8_t {
  one,          // as they are: counts, bytes
  nanoseconds,  // counted in nanoseconds, shown in seconds
};

// What a metric is. Names follow Prometheus: tenon_<area>_<noun>_<unit>, counters end in _total, base units
// (seconds, bytes).
struct MetricDescriptor {
  std::string_view name;
  MetricKind kind = MetricKind::counter;
  std::string_view help;                          // one sentence
  std::span<const std::string_view> labels = {};  // names; each series gives a value for each, in this order
  MetricScale scale = MetricScale::one;
  std::span<const std::int64_t> buckets = {};  // histograms: ascending upper bounds, before scaling
};

// What the rules are, and whether a descriptor keeps them: the name is tenon_ and words of [a-z0-9] joined by
// _; only counters end in _total and nothing ends in _bucket, _count, _sum or _created; labels are words of
// the same kind, all different and not "le"; there is a help text; histograms, and only they, have ascending
// buckets, at most `metric_bucket_count_max`. The failure, invalid, names the metric and the rule. Pure.
Status check_descriptor(const MetricDescriptor& descriptor);

inline constexpr std::size_t metric_bucket_count_max = 64;

}  // namespace tenon::observe
