#pragma once

#include <cstdint>
#include <map>

#include "base/clock.h"
#include "node/traffic/traffic_report.h"

namespace tenon::node {

// What nodes have said of themselves lately, so that one late answer does not make a node unknown. Pure.
class TrafficMemory {
 public:
  // Two or three rounds in which somebody does not answer.
  static constexpr std::int64_t kept_ns = 10 * ns_per_s;

  // The round with the last reports of those that are linked and have not answered it; they stay missing.
  TrafficReports complete(TrafficReports&& round, MonoNs now_ns);

 private:
  struct Kept {
    TrafficReport report;
    MonoNs since_ns = 0;
  };
  std::map<kv::NodeId, Kept> kept_;
};

}  // namespace tenon::node
