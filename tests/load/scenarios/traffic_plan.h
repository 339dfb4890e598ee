#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/cli/options.h"
#include "load/traffic/publisher.h"
#include "load/traffic/subscriber.h"

namespace tenon::load {

// Who publishes and who receives what, and on which worker; worked out from the options without touching
// anything.
struct TrafficPlan {
  struct PublisherSeat {
    std::uint32_t worker = 0;
    PublisherPlan plan;
    LinkPlan link;
  };
  struct SubscriberSeat {
    std::uint32_t worker = 0;
    SubscriberPlan plan;
    LinkPlan link;
  };

  std::vector<PublisherSeat> publishers;  // number i publishes stream i
  std::vector<SubscriberSeat> subscribers;
  std::uint32_t receivers_per_message = 1;
  // Messages wait for deliveries: the stream tables have to count.
  bool counts_deliveries = false;
  std::uint32_t deliveries_window = 0;
};

// For p2p, latency, fan-in, fan-out and shared.
TrafficPlan plan_traffic(const Options& options);

// How many messages publisher `index` of `count` sends when there are `messages` in all; no limit when 0.
std::uint64_t share_of_messages(std::uint64_t messages, std::uint32_t index, std::uint32_t count);

}  // namespace tenon::load
