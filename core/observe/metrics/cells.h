#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tenon::observe {

// Cells of one series: one per worker and one more for all other threads. The cells of one worker lie
// together, `stride` apart from those of the next, so workers never share a cache line: adding takes 1.7 ns
// of CPU, and 6.5 with a locked instruction, or 8 to 12 beside another thread
// (build/tests/bench/cells_bench). Requires that each worker adds with its own number. Handles of the classes
// below are small values; they point into memory that lives as long as the registry.
using MetricCell = std::atomic<std::int64_t>;
inline constexpr std::size_t metric_cell_stride = 512;

// The value of a series: the sum of its cells. Any thread.
std::int64_t sum_of_cells(const MetricCell* first, std::uint32_t workers);

namespace detail {
// Single writer: no locked instruction.
inline void bump(MetricCell& cell, std::int64_t n) {
  cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}
}  // namespace detail

// Only grows. A default-made handle counts nothing.
class Counter {
 public:
  Counter() = default;
  Counter(MetricCell* first, std::uint32_t workers) : first_(first), workers_(workers) {}

  // REQUIRES: called on worker `worker`, which is below the registry's worker count.
  void add(std::uint32_t worker, std::uint64_t n = 1) const {
    if (first_) detail::bump(first_[worker * metric_cell_stride], static_cast<std::int64_t>(n));
  }
  // From any thread; a locked instruction.
  void add_shared(std::uint64_t n = 1) const {
    if (first_) shared().fetch_add(static_cast<std::int64_t>(n), std::memory_order_relaxed);
  }
  // The sum over all threads. Any thread.
  std::uint64_t value() const;

 private:
  MetricCell& shared() const { return first_[workers_ * metric_cell_stride]; }

  MetricCell* first_ = nullptr;
  std::uint32_t workers_ = 0;
};

// Goes up and down. Workers add and subtract in cells of their own; what is shown is the sum.
class Gauge {
 public:
  Gauge() = default;
  Gauge(MetricCell* first, std::uint32_t workers) : first_(first), workers_(workers) {}

  // REQUIRES: called on worker `worker`, which is below the registry's worker count.
  void add(std::uint32_t worker, std::int64_t n) const {
    if (first_) detail::bump(first_[worker * metric_cell_stride], n);
  }
  // From any thread; a locked instruction.
  void add_shared(std::int64_t n) const {
    if (first_) shared().fetch_add(n, std::memory_order_relaxed);
  }
  // From any thread. Not to be mixed with add() on the same gauge: it sets the part of the other threads.
  void set(std::int64_t value) const {
    if (first_) shared().store(value, std::memory_order_relaxed);
  }
  std::int64_t value() const;

 private:
  MetricCell& shared() const { return first_[workers_ * metric_cell_stride]; }

  MetricCell* first_ = nullptr;
  std::uint32_t workers_ = 0;
};

// Counts observations by size. Cells of one worker: one per bucket, one for those above, one for the sum.
class Histogram {
 public:
  Histogram() = default;
  Histogram(MetricCell* first, std::uint32_t workers, std::span<const std::int64_t> bounds)
      : first_(first), workers_(workers), bounds_(bounds) {}

  // REQUIRES: called on worker `worker`, which is below the registry's worker count.
  void observe(std::uint32_t worker, std::int64_t value) const {
    if (!first_) return;
    MetricCell* cells = first_ + worker * metric_cell_stride;
    detail::bump(cells[bucket_of(value)], 1);
    detail::bump(cells[bounds_.size() + 1], value);
  }
  // From any thread; two locked instructions.
  void observe_shared(std::int64_t value) const {
    if (!first_) return;
    MetricCell* cells = first_ + workers_ * metric_cell_stride;
    cells[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
    cells[bounds_.size() + 1].fetch_add(value, std::memory_order_relaxed);
  }

 private:
  std::size_t bucket_of(std::int64_t value) const {
    std::size_t i = 0;
    while (i < bounds_.size() && value > bounds_[i]) ++i;
    return i;
  }

  MetricCell* first_ = nullptr;
  std::uint32_t workers_ = 0;
  std::span<const std::int64_t> bounds_;
};

}  // namespace tenon::observe
