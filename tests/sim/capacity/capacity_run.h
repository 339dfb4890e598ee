#pragma once

#include <cstdint>
#include <vector>

#include "sim/capacity/placement.h"
#include "sim/node/plugin_files.h"

namespace tenon::sim {

// What is written, the same for clusters of any size: sessions that stay, each with a route and messages that
// nobody fetches.
struct CapacityLoad {
  std::uint32_t session_count = 480;
  std::uint32_t messages_each = 8;
  std::uint32_t payload_bytes = 1500;
  std::uint32_t inbox_range_count = 24;
  std::uint32_t dist_range_count = 12;
};

// What one node has of it in the end.
struct NodeShare {
  std::uint64_t stored_bytes = 0;       // engine and journal on its disk
  std::uint64_t commit_count = 0;       // entries that it applied as a voter
  std::uint64_t route_count = 0;        // in ranges of which it is a voter
  std::uint64_t known_route_count = 0;  // that it matches by: all, as every node with clients learns them
};

// Simulated nodes with these voters, with the shipped plugins, take the load. By place. Throws
// std::runtime_error when not all of it is acknowledged.
std::vector<NodeShare> measure_capacity(const Placement& placement, const CapacityLoad& load,
                                        const PluginFiles& plugins);

}  // namespace tenon::sim
