#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "observe/metrics/cells.h"

namespace tenon::observe {

// Memory of metric cells. A block holds `metric_cell_stride` cells for each worker and for the other threads,
// those of one thread together. Not thread-safe; cells stay where they are as long as the pool.
class MetricCellPool {
 public:
  explicit MetricCellPool(std::uint32_t worker_count) : threads_(worker_count + 1) {}

  // `count` neighbouring cells, all zero; the same cells of the next thread lie `metric_cell_stride` further.
  // REQUIRES: 0 < count <= metric_cell_stride.
  MetricCell* allocate(std::size_t count) {
    if (blocks_.empty() || used_ + count > metric_cell_stride) {
      blocks_.push_back(std::make_unique<Line[]>(threads_ * lines_per_thread));
      used_ = 0;
    }
    MetricCell* cells = blocks_.back()[0].cells + used_;
    used_ += count;
    return cells;
  }

 private:
  static constexpr std::size_t line_bytes = 64;
  static constexpr std::size_t cells_per_line = line_bytes / sizeof(MetricCell);
  static constexpr std::size_t lines_per_thread = metric_cell_stride / cells_per_line;
  static_assert(metric_cell_stride % cells_per_line == 0);

  struct alignas(line_bytes) Line {
    MetricCell cells[cells_per_line] = {};
  };

  const std::size_t threads_;
  std::vector<std::unique_ptr<Line[]>> blocks_;
  std::size_t used_ = 0;
};

}  // namespace tenon::observe
