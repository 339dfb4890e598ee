#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/node/sim_node.h"

namespace tenon::sim {

// Looks at all replicas from time to time:
//   - those of a range that have applied the same have the same state, byte for byte (INV-C1), over the whole
//   run;
//   - the ranges of each node cover each store without gap or overlap.
class ReplicaChecker {
 public:
  explicit ReplicaChecker(World& world) : world_(world) {}

  void look_at(const SimNode& node);
  std::uint64_t compared_count() const { return compared_count_; }

 private:
  void check_cover(const SimNode& node, std::vector<std::pair<std::string, std::string>>& pieces);
  void compare_state(const SimNode& node, const store::Replica& replica);

  World& world_;
  std::map<std::pair<kv::RangeId, std::uint64_t>, std::uint64_t> digests_;  // by range and applied index
  std::uint64_t compared_count_ = 0;
};

}  // namespace tenon::sim
