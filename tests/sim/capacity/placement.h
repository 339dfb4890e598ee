#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::sim {

// Where the shipped balancers put the ranges of a cluster.
struct Placement {
  std::uint32_t node_count = 0;
  // By store and number of the range: the voters, as places from 0.
  std::map<kv::StoreId, std::vector<std::vector<std::uint32_t>>> voters;
};

// The ranges begin on the first three of the nodes, three voters each, as where the others joined later; then
// the balancers work until they rest. Throws std::runtime_error when they do not. REQUIRES: node_count >= 3.
Placement place_ranges(std::uint32_t node_count, const std::map<kv::StoreId, std::uint32_t>& range_counts);

}  // namespace tenon::sim
