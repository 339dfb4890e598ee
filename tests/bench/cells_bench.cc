// What counting costs: cells that one thread writes, cells that many write, and cells that share a cache
// line.

#include <benchmark/benchmark.h>

#include <array>

#include "observe/metrics/cell_pool.h"
#include "observe/metrics/cells.h"

namespace tenon::observe {
namespace {

constexpr std::uint32_t workers = 4;

MetricCell* cells() {
  static MetricCellPool pool(workers);
  static MetricCell* const first = pool.allocate(1);
  return first;
}

// Each thread in the cell of a worker of its own.
void add_as_worker(benchmark::State& state) {
  const Counter counter(cells(), workers);
  const auto worker = static_cast<std::uint32_t>(state.thread_index());
  for (auto _ : state) counter.add(worker);
}
BENCHMARK(add_as_worker)->Threads(1)->Threads(2);

void add_shared(benchmark::State& state) {
  const Counter counter(cells(), workers);
  for (auto _ : state) counter.add_shared();
}
BENCHMARK(add_shared)->Threads(1)->Threads(2);

// As add_as_worker, but the cells of the threads are neighbours.
void add_in_one_line(benchmark::State& state) {
  alignas(64) static std::array<MetricCell, 8> line;
  MetricCell& cell = line[static_cast<std::size_t>(state.thread_index())];
  for (auto _ : state) detail::bump(cell, 1);
}
BENCHMARK(add_in_one_line)->Threads(1)->Threads(2);

}  // namespace
}  // namespace tenon::observe
