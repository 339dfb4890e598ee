#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::sim {

// That replicas have caught up, kept until the turn is over. What is told at once overtakes it: who hears
// that a replica is gone must not hear behind that that it has caught up.
class CaughtUpNews {
 public:
  void add(const kv::RangeId& range) { ranges_.push_back(range); }
  // The range's replica has failed, has fallen behind, or is none any more.
  void drop(const kv::RangeId& range) { std::erase(ranges_, range); }
  // In the order of add(); none is left.
  std::vector<kv::RangeId> take() { return std::exchange(ranges_, {}); }

 private:
  std::vector<kv::RangeId> ranges_;
};

}  // namespace tenon::sim
