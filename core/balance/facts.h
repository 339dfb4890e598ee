#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/view.h"

namespace tenon::balance {

// What a node says of one of its replicas.
struct ReplicaFacts {
  kv::RangeId id;
  bool leads = false;
  bool is_usable = true;  // neither damaged nor being filled
  bool is_busy = false;   // an order is under way
  std::uint64_t term = 0;
  std::uint64_t last_index = 0;  // that it certainly has
  NodeId leader = NodeId::none;  // of one that does not lead: who does, as far as it knows
  // Of the leader:
  std::optional<kv::Descriptor> what;
  std::uint64_t commands_per_s = 0;
  std::uint64_t bytes_per_s = 0;
  std::optional<std::uint64_t> size_bytes;
  std::string load_key;
  std::string fanout_key;  // as ViewRange
  std::uint64_t fanout_count = 0;
  struct Lag {
    NodeId node = NodeId::none;
    std::uint64_t entries = 0;
    bool is_behind = false;

    friend bool operator==(const Lag&, const Lag&) = default;
  };
  std::vector<Lag> lags;

  friend bool operator==(const ReplicaFacts&, const ReplicaFacts&) = default;
};

// What a node tells the planner, each second.
struct NodeFacts {
  std::uint64_t start_number = 0;  // grows with each start of the node
  std::string zone;
  std::uint32_t cores = 0;
  std::uint32_t stores = 0;  // bit_of() each store of which it takes replicas
  std::map<std::string, std::string> attributes;
  std::vector<ReplicaFacts> replicas;

  friend bool operator==(const NodeFacts&, const NodeFacts&) = default;
};

// u8 version 1 · varint start · bytes zone · varint cores · varint stores · varint count { bytes name · bytes
// value }... · varint count { replica, in bytes }...; a replica:
//   range id · u8 flags · varint term · varint last index · [of a leader: descriptor · varint commands ·
//   varint bytes · varint size + 1, or 0 · bytes load key · varint count { u64 node · varint entries · u8
//   is_behind }... · bytes fanout key · varint fanout count; of another one: u64 leader]; older ones end
//   before the last two, and before who leads
std::string encode(const NodeFacts& facts);
// Empty: it does not hold together, or is of a newer version.
std::optional<NodeFacts> read_facts(std::string_view body);

}  // namespace tenon::balance
