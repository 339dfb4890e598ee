#include "load/scenarios/retained_reader.h"

#include "load/engine/clock.h"
#include "load/wire/stamp.h"

namespace tenon::load {

RetainedReader::RetainedReader(Worker& worker, std::uint32_t topics, LinkPlan link)
    : worker_(worker), link_(worker.add_link(*this, std::move(link))), seen_(topics) {}

std::size_t RetainedReader::on_bytes(Link& link, std::span<const std::uint8_t> bytes) {
  last_ns_ = now_ns();
  Bytes replies;
  const std::size_t taken = link.each_frame(bytes, [&](const Frame& frame) {
    if (frame.type == PacketType::publish) {
      on_publish(frame, replies);
    } else if (AckView ack; frame.type == PacketType::pubrel && parse_ack(frame, ack)) {
      replies.resize(replies.size() + ack_bytes);
      write_ack(replies.data() + replies.size() - ack_bytes, PacketType::pubcomp, ack.packet_id);
    } else {
      link.on_control(frame);
    }
  });
  link.send(replies);
  return taken;
}

void RetainedReader::on_publish(const Frame& frame, Bytes& replies) {
  PublishView publish;
  if (!parse_publish(frame, worker_.config().version, publish)) {
    link_.fail_protocol("a malformed PUBLISH");
    return;
  }
  if (first_ns_ == 0) first_ns_ = last_ns_;
  unflagged_ += publish.retain ? 0 : 1;
  ++worker_.counters().delivered;
  Stamp stamp;
  if (!read_stamp(publish.payload, stamp) || stamp.stream >= seen_.size()) {
    ++worker_.counters().stray;
    worker_.note_error(link_.plan().client_id + ": a retained message that this run did not publish");
  } else if (seen_[stamp.stream]) {
    ++repeated_;
  } else {
    seen_[stamp.stream] = true;
    ++distinct_;
  }
  if (publish.qos == Qos::at_most_once) return;
  const bool at_least_once = publish.qos == Qos::at_least_once;
  replies.resize(replies.size() + ack_bytes);
  write_ack(replies.data() + replies.size() - ack_bytes,
            at_least_once ? PacketType::puback : PacketType::pubrec, publish.packet_id);
}

}  // namespace tenon::load
