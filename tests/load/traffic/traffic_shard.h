#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "load/engine/worker.h"
#include "load/stats/counters.h"
#include "load/stats/histogram.h"
#include "load/traffic/publisher.h"
#include "load/traffic/schedule.h"
#include "load/traffic/stream_table.h"
#include "load/traffic/subscriber.h"

namespace tenon::load {

// What a shard measured between begin_recording and end_recording.
struct Measurement {
  Counters counters;
  Histogram delivery;  // publish (intended time, at a rate) to delivery
  Histogram ack;       // publish to PUBACK or PUBCOMP
  Histogram lag;       // how late a scheduled publish left
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  double cpu_s = 0;  // of the generator's thread
};

// The publishers and subscribers of one worker, and what they measure. After construction it is used on the
// worker's thread only (Worker::call).
class TrafficShard final : public LoopClient {
 public:
  // `streams`: how many the whole run has. `window`: see StreamTable.
  TrafficShard(Worker& worker, std::size_t streams, std::uint32_t window);

  // Tells where deliveries of a stream are to be reported: the shard that has its publisher.
  void set_peers(std::vector<TrafficShard*> peers) { peers_ = std::move(peers); }

  Publisher& add_publisher(PublisherPlan plan, LinkPlan link);
  Subscriber& add_subscriber(SubscriberPlan plan, LinkPlan link);
  void set_owner(std::uint32_t stream, std::uint32_t shard) { owner_of_stream_[stream] = shard; }

  // Connects the subscribers, or the publishers, added so far.
  void connect_subscribers();
  void connect_publishers();

  void start();
  // The same at `messages_per_s` for this shard, the first one due at `start_ns`.
  void start_schedule(std::uint64_t start_ns, double messages_per_s);
  void stop();
  void begin_recording();
  void end_recording();

  const Measurement& measurement() const { return measurement_; }
  const std::vector<std::unique_ptr<Publisher>>& publishers() const { return publishers_; }
  const std::vector<std::unique_ptr<Subscriber>>& subscribers() const { return subscribers_; }
  std::uint64_t sent() const;
  bool settled() const;
  bool finished() const;
  std::uint64_t last_delivery_ns() const { return last_delivery_ns_; }

  // For publishers and subscribers.
  Worker& worker() { return worker_; }
  StreamTable& streams() { return streams_; }
  void note_delivery(std::uint64_t now_ns) { last_delivery_ns_ = now_ns; }
  void record_delivery(std::uint64_t ns) {
    if (recording_) measurement_.delivery.record(ns);
  }
  void record_ack(std::uint64_t ns) {
    if (recording_) measurement_.ack.record(ns);
  }
  void record_lag(std::uint64_t ns) {
    if (recording_) measurement_.lag.record(ns);
  }
  std::uint64_t intended_ns(std::uint64_t publisher, std::uint64_t message) const {
    return schedule_.due_ns(message * publishers_.size() + publisher);
  }

  void on_turn_end() override;
  void on_tick(std::uint64_t now_ns) override;
  void on_timer() override;

 private:
  std::uint64_t next_wake_ns(bool may_send) const;
  void report_done(std::uint32_t stream, std::uint32_t messages);

  Worker& worker_;
  StreamTable streams_;
  std::vector<std::uint32_t> owner_of_stream_;
  std::vector<Publisher*> publisher_of_stream_;
  std::vector<TrafficShard*> peers_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  Measurement measurement_;
  bool recording_ = false;
  Counters counters_at_begin_;
  double cpu_s_at_begin_ = 0;
  std::uint64_t last_delivery_ns_ = 0;
  Schedule schedule_;
  bool scheduled_ = false;
  std::uint64_t scheduled_count_ = 0;
};

}  // namespace tenon::load
