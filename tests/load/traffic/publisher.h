#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/engine/link.h"
#include "load/traffic/inflight_table.h"
#include "load/wire/publish_template.h"

namespace tenon::load {

class TrafficShard;

// What lets a publisher send its next message.
enum class Pacing : std::uint8_t {
  acks,        // fewer than `window` unacknowledged (QoS 1 and 2)
  deliveries,  // fewer than `window` that not all receivers have (QoS 0)
  schedule,    // its time has come
  socket,      // the socket takes it
};

// What one publisher sends. Message n belongs to stream first + step * (n mod count), with sequence n /
// count.
struct PublisherPlan {
  Qos qos = Qos::at_most_once;
  Retain retain = Retain::no;
  Pacing pacing = Pacing::socket;
  std::uint32_t window = 1;
  std::uint32_t backlog_max = 0;  // acks: not more than this many undelivered either; 0: no limit
  std::uint64_t messages_max = ~std::uint64_t{0};
  std::string topic;  // ends in a number (numbered_topic) when stream_count > 1
  std::size_t payload_bytes = 0;
  std::uint32_t first_stream = 0;
  std::uint32_t stream_step = 1;
  std::uint32_t stream_count = 1;
  std::uint32_t receiving_parts = 1;  // workers with receivers of these streams
  std::uint64_t schedule_number = 0;  // which of the shard's publishers this is; set by the shard
};

// A client that publishes as fast as its pacing lets it. Lives on the thread of its shard.
class Publisher final : public LinkHandler {
 public:
  Publisher(TrafficShard& shard, PublisherPlan plan, LinkPlan link);

  Link& link() { return link_; }
  const PublisherPlan& plan() const { return plan_; }

  void start();
  void stop() { running_ = false; }
  // Sends what the pacing allows. True: something was sent.
  bool refill();
  // The receivers of part `part` have `messages` more (StreamTable).
  void on_done(std::uint32_t part, std::uint64_t messages);
  // Schedule: one more message is due.
  void make_due() { ++due_; }
  // QoS 0 over deliveries: gives up waiting when nothing came for a second, and counts the stall.
  void reopen_if_stalled(std::uint64_t now_ns);

  std::uint64_t sent() const { return sent_; }
  std::uint64_t unacked() const { return inflight_.size(); }
  // Everything that may be sent is sent and acknowledged.
  bool finished() const { return sent_ == plan_.messages_max && settled(); }
  bool settled() const { return inflight_.size() == 0 && !link_.blocked(); }

  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override;
  void on_ready(Link& link) override;
  void on_writable(Link& link) override;
  void on_down(Link& link) override;

 private:
  std::uint64_t allowance() const;
  std::uint64_t undelivered() const { return sent_ > done_ ? sent_ - done_ : 0; }
  void write_one(std::uint8_t* at, std::uint64_t now_ns);
  // Handles one acknowledgement; returns the bytes of the answer put at `reply`.
  std::size_t on_ack(const Frame& frame, std::uint8_t* reply, std::uint64_t now_ns);
  void finish(std::uint16_t packet_id, std::uint8_t reason, std::uint64_t now_ns);

  TrafficShard& shard_;
  const PublisherPlan plan_;
  Link& link_;
  PublishTemplate template_;
  InflightTable inflight_;
  bool running_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t due_ = 0;
  std::uint64_t done_ = 0;  // messages that the receivers of all parts have
  std::vector<std::uint64_t> done_of_part_;
  std::uint64_t last_progress_ns_ = 0;
  std::uint32_t stream_index_ = 0;  // sent_ mod stream_count
  std::uint32_t sequence_ = 0;      // sent_ / stream_count
};

}  // namespace tenon::load
