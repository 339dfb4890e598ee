#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "load/engine/link.h"
#include "load/stats/sequence_tracker.h"

namespace tenon::load {

class TrafficShard;
struct Stamp;

using Trackers = std::vector<SequenceTracker>;

// What one subscriber expects.
struct SubscriberPlan {
  std::uint32_t first_stream = 0;
  std::uint32_t stream_count = 1;
  std::uint32_t tracker_depth = 1024;
  // Members of a shared group: one set of trackers for all, by stream from first_stream; each member sees
  // only a part of every stream, so gaps in its own are no loss.
  std::shared_ptr<Trackers> group;
};

// A client that receives, acknowledges and checks what comes. Lives on the thread of its shard.
class Subscriber final : public LinkHandler {
 public:
  Subscriber(TrafficShard& shard, SubscriberPlan plan, LinkPlan link);

  Link& link() { return link_; }

  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override;

 private:
  // Both return the bytes of the answer put at `reply`.
  std::size_t on_publish(const Frame& frame, std::uint8_t* reply, std::uint64_t now_ns);
  std::size_t on_pubrel(const Frame& frame, std::uint8_t* reply);
  void judge(const Stamp& stamp, std::uint64_t now_ns);
  Arrival observe(std::uint32_t index, std::uint32_t sequence, std::uint32_t& ret_skipped);

  TrafficShard& shard_;
  const SubscriberPlan plan_;
  Link& link_;
  Trackers trackers_;
};

}  // namespace tenon::load
