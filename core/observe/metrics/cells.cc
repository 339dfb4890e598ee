#include "observe/metrics/cells.h"

namespace tenon::observe {

std::int64_t sum_of_cells(const MetricCell* first, std::uint32_t workers) {
  if (!first) return 0;
  std::int64_t sum = 0;
  for (std::uint32_t i = 0; i <= workers; ++i)
    sum += first[i * metric_cell_stride].load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Counter::value() const {
  return static_cast<std::uint64_t>(sum_of_cells(first_, workers_));
}

std::int64_t Gauge::value() const {
  return sum_of_cells(first_, workers_);
}

}  // namespace tenon::observe
