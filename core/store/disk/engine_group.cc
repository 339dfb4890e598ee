#include <algorithm>

#include "store/disk/engine_journal.h"

namespace tenon::store {

std::uint64_t EngineGroup::term_of(std::uint64_t index) const {
  if (index == base.index) return base.term;
  const auto behind =
      std::partition_point(runs.begin(), runs.end(), [&](const Run& run) { return run.first <= index; });
  return std::prev(behind)->term;
}

void EngineGroup::append(std::uint64_t index, std::uint64_t term, std::uint64_t bytes) {
  if (runs.empty() || runs.back().term != term) runs.push_back({index, term});
  last = index;
  entry_bytes += bytes;
}

void EngineGroup::cut_from(std::uint64_t index) {
  if (index > last) return;
  const std::uint64_t count = last - base.index;
  entry_bytes -= entry_bytes * (last + 1 - index) / count;
  last = index - 1;
  while (!runs.empty() && runs.back().first >= index) runs.pop_back();
}

void EngineGroup::forget_to(tenon_log_point point) {
  if (point.index <= base.index) return;
  entry_bytes -= entry_bytes * (point.index - base.index) / (last - base.index);
  const auto behind = std::partition_point(runs.begin(), runs.end(),
                                           [&](const Run& run) { return run.first <= point.index + 1; });
  if (behind != runs.begin()) {
    std::prev(behind)->first = point.index + 1;
    runs.erase(runs.begin(), std::prev(behind));
  }
  if (point.index == last) runs.clear();
  base = point;
}

}  // namespace tenon::store
