#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace tenon::load {

// Counts of values in buckets whose width grows with the value, after the idea of HdrHistogram: 128 buckets
// for each doubling, so that a value is reported within 1/256 (0.4 %) of what it was; below 128 exactly.
//
// Values are unsigned and without unit here; the callers record nanoseconds. What exceeds value_max counts as
// value_max. Not thread-safe: one per thread, merged afterwards. record() never allocates.
class Histogram {
 public:
  static constexpr unsigned sub_bits = 7;
  static constexpr unsigned value_bits = 42;  // 2^42 ns: 73 minutes
  static constexpr std::uint64_t value_max = (std::uint64_t{1} << value_bits) - 1;

  Histogram();

  void record(std::uint64_t value) {
    if (value > value_max) value = value_max;
    ++counts_[bucket_of(value)];
    ++count_;
    sum_ += value;
    if (value > max_) max_ = value;
    if (value < min_) min_ = value;
  }

  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  double mean() const { return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_); }

  // The value that `percent` of all recorded ones do not exceed: the middle of its bucket, never above max().
  // `percent` from 0 to 100; 0 for an empty histogram.
  std::uint64_t percentile(double percent) const;

 private:
  static constexpr std::uint64_t sub_count = std::uint64_t{1} << sub_bits;

  // Values below sub_count have a bucket each; above, `shift` drops the bits that do not count.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < sub_count) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return static_cast<std::size_t>((shift + 1) * sub_count + ((value >> shift) - sub_count));
  }
  static std::uint64_t middle_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
  std::uint64_t min_ = value_max;
};

}  // namespace tenon::load
