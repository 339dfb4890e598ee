#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/keeper.h"
#include "store/orders/range_sizes.h"

namespace tenon::store {

// What a node knows of one range.
struct RangeView {
  RangeId id;
  kv::Descriptor descriptor;
  NodeId leader = NodeId::none;
  bool is_provisional = false;  // it was recovered on nothing but silence
  bool has_replica = false;     // the node has one; only then is what follows known
  std::vector<NodeId> missing;  // of a provisional one: the voters that were silent
  bool is_kept = false;  // others have recovered it on silence, and what the node holds does not give way
  bool leads = false;
  bool failed = false;
  bool installing = false;  // a state takes the place of what the replica had
  bool quiescent = false;
  std::uint64_t term = 0;
  std::uint64_t applied = 0;
  std::uint64_t committed = 0;
  std::uint64_t flushed = 0;  // in the engine
  std::uint64_t memory_bytes = 0;
  std::uint64_t commands_per_s = 0;  // while it led, in the mean of the last minute
  std::uint64_t bytes_per_s = 0;
  std::optional<std::uint64_t> size_bytes;  // that it held when this was found out last, as its leader
  LargestGroup largest_group;               // found out likewise
  struct Member {
    NodeId node = NodeId::none;
    std::uint64_t match_index = 0;  // what it certainly holds of the log
    bool needs_state = false;       // the log does not reach back to what it lacks
  };
  std::vector<Member> members;  // all, where the replica leads
  std::string order;            // under way there; empty: none
};

// All ranges that the node knows, by store and key. On the keeper's thread.
std::vector<RangeView> list_ranges(const Keeper& keeper, const RangeSizes& sizes = RangeSizes());

}  // namespace tenon::store
