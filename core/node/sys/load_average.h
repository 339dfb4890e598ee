#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace tenon::node {

// How much comes in a minute, as a moving average over the last one, five and fifteen minutes. Pure; not
// thread-safe.
class LoadAverage {
 public:
  static constexpr std::array<double, 3> minutes = {1, 5, 15};

  // `total` so far, `elapsed_s` after the last time. REQUIRES: elapsed_s > 0, total is not below the last
  // one.
  void note(std::uint64_t total, double elapsed_s) {
    const double per_minute = static_cast<double>(total - last_) * 60 / elapsed_s;
    last_ = total;
    for (std::size_t i = 0; i < minutes.size(); ++i) {
      const double old_part = std::exp(-elapsed_s / (60 * minutes[i]));
      averages_[i] = per_minute + old_part * (averages_[i] - per_minute);
    }
  }
  const std::array<double, 3>& averages() const { return averages_; }

 private:
  std::uint64_t last_ = 0;
  std::array<double, 3> averages_{};
};

}  // namespace tenon::node
