#include "load/traffic/subscriber.h"

#include <algorithm>

#include "load/engine/clock.h"
#include "load/engine/worker.h"
#include "load/traffic/traffic_shard.h"
#include "load/wire/stamp.h"

namespace tenon::load {

Subscriber::Subscriber(TrafficShard& shard, SubscriberPlan plan, LinkPlan link)
    : shard_(shard),
      plan_(std::move(plan)),
      link_(shard.worker().add_link(*this, std::move(link))),
      trackers_(plan_.stream_count, SequenceTracker(plan_.tracker_depth)) {}

std::size_t Subscriber::on_bytes(Link& link, std::span<const std::uint8_t> bytes) {
  const std::uint64_t now = now_ns();
  // An answer has four bytes and what it answers at least four: they fit.
  const auto replies = shard_.worker().write_buffer();
  std::size_t reply_bytes = 0;
  const std::size_t taken = link.each_frame(bytes, [&](const Frame& frame) {
    if (frame.type == PacketType::publish) [[likely]] {
      reply_bytes += on_publish(frame, replies.data() + reply_bytes, now);
    } else if (frame.type == PacketType::pubrel) {
      reply_bytes += on_pubrel(frame, replies.data() + reply_bytes);
    } else {
      link.on_control(frame);
    }
  });
  link.send(replies.first(reply_bytes));
  shard_.note_delivery(now);
  return taken;
}

std::size_t Subscriber::on_publish(const Frame& frame, std::uint8_t* reply, std::uint64_t now_ns) {
  PublishView publish;
  if (!parse_publish(frame, shard_.worker().config().version, publish)) {
    link_.fail_protocol("a malformed PUBLISH");
    return 0;
  }
  Counters& counters = shard_.worker().counters();
  ++counters.delivered;
  counters.delivered_bytes += publish.payload.size();
  counters.dup_flagged += publish.dup ? 1 : 0;
  Stamp stamp;
  if (read_stamp(publish.payload, stamp)) {
    judge(stamp, now_ns);
  } else {
    shard_.streams().on_delivery(plan_.first_stream, 0, 0);
  }
  if (publish.qos == Qos::at_most_once) return 0;
  const bool at_least_once = publish.qos == Qos::at_least_once;
  write_ack(reply, at_least_once ? PacketType::puback : PacketType::pubrec, publish.packet_id);
  return ack_bytes;
}

std::size_t Subscriber::on_pubrel(const Frame& frame, std::uint8_t* reply) {
  AckView ack;
  if (!parse_ack(frame, ack)) {
    link_.fail_protocol("a malformed PUBREL");
    return 0;
  }
  write_ack(reply, PacketType::pubcomp, ack.packet_id);
  return ack_bytes;
}

void Subscriber::judge(const Stamp& stamp, std::uint64_t now_ns) {
  Counters& counters = shard_.worker().counters();
  const std::uint32_t index = stamp.stream - plan_.first_stream;
  if (index >= plan_.stream_count) {
    ++counters.stray;
    shard_.worker().note_error(link_.plan().client_id + ": a message of stream " +
                               std::to_string(stamp.stream) + ", to which it did not subscribe");
    return;
  }
  if (stamp.sent_ns != 0) shard_.record_delivery(now_ns - std::min(now_ns, stamp.sent_ns));
  std::uint32_t skipped = 0;
  const Arrival arrival = observe(index, stamp.sequence, skipped);
  if (arrival == Arrival::duplicate) {
    ++counters.duplicated;
    return;
  }
  if (arrival == Arrival::out_of_order) {
    ++counters.disordered;
    if (!plan_.group) return;  // counted as skipped before
  }
  shard_.streams().on_delivery(stamp.stream, stamp.sequence, skipped);
}

Arrival Subscriber::observe(std::uint32_t index, std::uint32_t sequence, std::uint32_t& ret_skipped) {
  const Arrival own = trackers_[index].observe(sequence, ret_skipped);
  if (!plan_.group) return own;
  const Arrival among_group = (*plan_.group)[index].observe(sequence, ret_skipped);
  ret_skipped = 0;  // another member has those, or will
  return among_group == Arrival::duplicate ? among_group : own;
}

}  // namespace tenon::load
