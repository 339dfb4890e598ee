#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::balance {

using kv::NodeId;
using kv::StoreId;

// What is known of a node that is gone beyond its silence. The numbers are those of the ABI.
enum class Evidence : std::uint8_t { none = 0, refused = 1, marked = 2 };

struct ViewNode {
  NodeId id = NodeId::none;
  bool is_alive = false;
  std::int64_t since_ms = 0;  // it is alive, or gone
  std::string zone;           // empty: it states none
  std::uint32_t cores = 0;    // 0: not known
  std::uint32_t stores = 0;   // bit_of() each store of which it takes replicas
  Evidence evidence = Evidence::none;
  bool is_draining = false;  // an operator wants it to lead nothing and to get no further replica
  bool is_emptying = false;  // ... and its replicas to be with others
  std::map<std::string, std::string> attributes;

  friend bool operator==(const ViewNode&, const ViewNode&) = default;
};

constexpr std::uint32_t bit_of(StoreId store) {
  return 1u << static_cast<std::uint32_t>(store);
}
constexpr std::uint32_t all_stores =
    bit_of(StoreId::meta) | bit_of(StoreId::dist) | bit_of(StoreId::inbox) | bit_of(StoreId::retain);

// A replica as its node told of it last, and as the leader sees it.
struct ViewReplica {
  NodeId node = NodeId::none;
  bool is_usable = true;
  bool is_behind = false;  // the leader's log does not reach back to what it lacks
  std::uint64_t term = 0;
  std::optional<std::uint64_t> last_index;
  std::optional<std::uint64_t> lag;  // entries that it lacks, by its leader

  friend bool operator==(const ViewReplica&, const ViewReplica&) = default;
};

struct ViewRange {
  std::uint64_t id = 0;
  bool is_busy = false;         // an order, or a change of its members, is under way
  bool is_provisional = false;  // it was recovered on nothing but silence
  kv::Descriptor what;
  NodeId leader = NodeId::none;
  std::int64_t leader_since_ms = 0;   // it leads, or nobody does as far as anybody knows
  std::vector<ViewReplica> replicas;  // by node; of those that have told
  std::optional<std::uint64_t> size_bytes;
  std::uint64_t commands_per_s = 0;  // in the mean of the last minute
  std::uint64_t bytes_per_s = 0;
  std::string load_key;    // half of the load is below it; empty: not known
  std::string fanout_key;  // where a cut parts the filter with most keys from others; empty: there is none
  std::uint64_t fanout_count = 0;

  friend bool operator==(const ViewRange&, const ViewRange&) = default;
};

// What stores.<store> wants.
struct StoreWish {
  std::uint32_t voters = 3;
  std::int32_t learners = 0;  // -1: all other nodes
  std::uint32_t ranges_at_first = 1;

  friend bool operator==(const StoreWish&, const StoreWish&) = default;
};

// What a planner knows at one moment. Times are milliseconds of a clock that never goes back while one
// planner is at work, and of which only differences mean something.
struct View {
  std::int64_t now_ms = 0;
  std::uint64_t seed = 0;
  std::vector<ViewNode> nodes;    // by id
  std::vector<ViewRange> ranges;  // by store, begin, id
  std::map<StoreId, StoreWish> wishes;

  // Null when there is none.
  const ViewNode* node(NodeId id) const;
  const ViewRange* range(std::uint64_t id) const;  // O(ranges)
  // Brings both lists into their order, and the lists of members.
  void sort();

  friend bool operator==(const View&, const View&) = default;
};

}  // namespace tenon::balance
