#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/clock.h"
#include "cluster/endpoint.h"
#include "cluster/node_id.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

// This node, as it presents itself to others.
struct LocalNode {
  NodeId node = NodeId::none;
  std::uint64_t incarnation = 0;
  std::uint64_t process = 0;     // random, of this process alone; 0: the mesh draws one
  std::uint64_t cluster_id = 0;  // 0: not founded yet
  std::string env;
  std::string token;
  Endpoint address;
  std::string abilities;     // as in Hello
  std::set<NodeId> removed;  // nodes that are let in no more
  std::uint16_t version_min = protocol_version_min;
  std::uint16_t version_max = protocol_version_max;
};

// Of connections that others have opened, so many may be in a handshake at each of its stages: far more than
// a cluster has nodes that start at once, and than strangers can open in the time that a node needs for it.
inline constexpr std::size_t strangers_max = 256;

// What links keep to.
struct LinkLimits {
  std::size_t queue_bytes_max = 64u << 20;    // what may wait for one link
  std::size_t message_bytes_max = 16u << 20;  // one message
  std::size_t control_bytes_max =
      4u << 20;  // what may wait of answers, pings and credits; all else has lanes
  std::size_t strangers_max = cluster::strangers_max;
  std::int64_t silence_ns = 3 * ns_per_s;  // a link that is not heard for so long ends; the handshake's time
  std::int64_t ping_ns = ns_per_s / 2;     // how often each side makes itself heard; below silence_ns / 2
};

}  // namespace tenon::cluster
