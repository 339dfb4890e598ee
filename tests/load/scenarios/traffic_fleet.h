#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "load/scenarios/fleet.h"
#include "load/scenarios/traffic_plan.h"
#include "load/traffic/traffic_shard.h"

namespace tenon::load {

// The shards of a run, one per worker of a fleet, and the sums over them.
class TrafficFleet {
 public:
  // `streams`, `window`: see TrafficShard. Must not outlive `fleet`.
  TrafficFleet(Fleet& fleet, std::size_t streams, std::uint32_t window);
  ~TrafficFleet();
  TrafficFleet(const TrafficFleet&) = delete;
  TrafficFleet& operator=(const TrafficFleet&) = delete;

  // Runs `task` on the thread of each shard, one after another.
  void call(const std::function<void(TrafficShard&)>& task);
  TrafficShard& shard(std::size_t worker) { return *shards_[worker]; }

  // Adds everyone of `plan`.
  void seat(const TrafficPlan& plan);
  // Connects and waits. Throws std::runtime_error when some do not get ready.
  void connect_subscribers();
  void connect_publishers();

  // Begins to publish: by window, or at `messages_per_s` over all shards when above 0.
  void start(double messages_per_s);
  void stop();
  void begin_recording();
  // The sum of what all shards measured.
  Measurement end_recording();

  std::uint64_t sent();
  bool settled();
  bool finished();
  std::uint64_t unacked();
  std::uint64_t last_delivery_ns();
  std::vector<std::pair<Worker*, Link*>> subscriber_links();

 private:
  void connect(void (TrafficShard::*connect_side)(), std::uint64_t count);

  Fleet& fleet_;
  std::vector<std::unique_ptr<TrafficShard>> shards_;
};

// Deliveries without those counted twice or misdirected.
inline std::uint64_t distinct_deliveries(const Counters& counters) {
  return counters.delivered - counters.duplicated - counters.stray;
}

}  // namespace tenon::load
