#pragma once

#include <array>

#include "base/result.h"
#include "cluster/link_end.h"
#include "cluster/mesh.h"
#include "observe/metrics/registry.h"

namespace tenon::peer {

// The counters of the links to other nodes, declared once.
struct PeerMetrics {
  static Result<PeerMetrics> declare(observe::MetricRegistry& registry);

  observe::Gauge links;
  observe::Gauge queue_bytes;
  struct OfLane {
    observe::Gauge queue_bytes;
    observe::Gauge credit_bytes;  // of a lane that has credits, as stalls
    observe::Counter stalls;
  };
  std::array<OfLane, cluster::lane_count> lanes;  // as cluster::lane_plans
  observe::Counter received_bytes;
  observe::Counter sent_bytes;
  observe::Counter received_messages;
  observe::Counter sent_messages;
  std::array<observe::Counter, cluster::drop_cause_count> dropped;
  // By LinkEnd - 1.
  std::array<observe::Counter, std::size(cluster::all_link_ends)> refused;
  std::array<observe::Counter, std::size(cluster::all_link_ends)> ended;
};

}  // namespace tenon::peer
