#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace tenon::broker {

// Of all that were offered, the newest, up to a number. A value; its memory is bounded by that number.
template <class Id>
class Newest {
 public:
  explicit Newest(std::size_t count_max) : count_max_(count_max) {}

  void offer(MonoNs since_ns, const Id& id) {
    if (kept_.size() == count_max_) {
      if (kept_.empty() || since_ns <= kept_.front().first) return;
      std::pop_heap(kept_.begin(), kept_.end(), is_newer);
      kept_.pop_back();
    }
    kept_.emplace_back(since_ns, id);
    std::push_heap(kept_.begin(), kept_.end(), is_newer);
  }

  // The newest first.
  std::vector<Id> take() {
    std::sort_heap(kept_.begin(), kept_.end(), is_newer);
    std::vector<Id> ids;
    ids.reserve(kept_.size());
    for (const auto& [since_ns, id] : std::exchange(kept_, {})) ids.push_back(id);
    return ids;
  }

 private:
  using Kept = std::pair<MonoNs, Id>;
  static bool is_newer(const Kept& a, const Kept& b) { return a.first > b.first; }

  std::size_t count_max_;
  std::vector<Kept> kept_;  // a heap: the oldest in front
};

}  // namespace tenon::broker
