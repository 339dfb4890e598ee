#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/node/sim_node.h"

namespace tenon::sim {

// Looks at all replicas from time to time:
//   - those of a range that have applied the same have the same state, byte for byte (INV-C1), over the whole
//   run;
//   - the ranges of each node cover each store without gap or overlap (INV-C4).
class ReplicaChecker final : public NodeObserver {
 public:
  // With `reshapes`, gaps are none of its business: a replica may be on its way.
  explicit ReplicaChecker(World& world, bool reshapes) : world_(world), reshapes_(reshapes) {}

  void look_at(const SimNode& node);
  using Pieces = std::vector<std::pair<std::string, std::string>>;  // begin and end, in order
  // Each of the stores is there, and is covered without gap or overlap.
  static bool do_cover(const std::map<kv::StoreId, Pieces>& pieces, const std::set<kv::StoreId>& stores);
  // The replicas of the node cover each store that it holds, or is to hold. REQUIRES: it is up.
  static bool is_whole(const SimNode& node);
  std::uint64_t compared_count() const { return compared_count_; }

  // What is applied to one from then on is no longer the range's.
  void on_concluded(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& end) override;
  void on_joined(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                 const tenon_membership& membership) override;
  void on_birth(std::uint32_t node) override;

 private:
  static std::map<kv::StoreId, Pieces> pieces_of(const SimNode& node);
  void check_cover(const SimNode& node, const Pieces& pieces);
  void compare_state(const SimNode& node, const store::Replica& replica);

  World& world_;
  const bool reshapes_;
  std::map<std::pair<kv::RangeId, std::uint64_t>, std::uint64_t> digests_;  // by range and applied index
  std::set<std::pair<std::uint32_t, kv::RangeId>> concluded_;
  std::uint64_t compared_count_ = 0;
};

}  // namespace tenon::sim
