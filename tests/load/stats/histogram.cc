#include "load/stats/histogram.h"

#include <algorithm>
#include <cmath>

namespace tenon::load {

Histogram::Histogram() : counts_((value_bits - sub_bits + 1) * sub_count) {}

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  if (bucket < sub_count) return bucket;
  const std::uint64_t shift = bucket / sub_count - 1;
  const std::uint64_t lowest = (bucket % sub_count + sub_count) << shift;
  return lowest + ((std::uint64_t{1} << shift) >> 1);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
  min_ = std::min(min_, other.min_);
}

std::uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(middle_of(i), min(), max_);
  }
  return max_;
}

}  // namespace tenon::load
