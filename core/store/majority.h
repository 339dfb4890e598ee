#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::store {

// Whether `holds` is true of more than half of these; of none of them there is no majority.
template <class Holds>
bool is_majority(const std::vector<kv::NodeId>& nodes, Holds&& holds) {
  const auto count = std::count_if(nodes.begin(), nodes.end(), holds);
  return static_cast<std::size_t>(count) > nodes.size() / 2;
}

}  // namespace tenon::store
