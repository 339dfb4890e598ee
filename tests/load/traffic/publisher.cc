#include "load/traffic/publisher.h"

#include <algorithm>

#include "load/engine/clock.h"
#include "load/engine/worker.h"
#include "load/traffic/traffic_shard.h"

namespace tenon::load {

namespace {

constexpr std::uint64_t stall_ns = ns_per_s;
// At a rate nothing else limits what is in flight; later messages wait, and their latency says so.
constexpr std::uint32_t scheduled_inflight_max = 4096;
constexpr std::uint8_t no_matching_subscribers = 0x10;

std::uint32_t table_window(const PublisherPlan& plan) {
  if (plan.qos == Qos::at_most_once) return 1;
  return plan.pacing == Pacing::acks ? plan.window : scheduled_inflight_max;
}

}  // namespace

Publisher::Publisher(TrafficShard& shard, PublisherPlan plan, LinkPlan link)
    : shard_(shard),
      plan_(std::move(plan)),
      link_(shard.worker().add_link(*this, std::move(link))),
      template_(shard.worker().config().version, plan_.qos, plan_.retain, plan_.topic, plan_.payload_bytes),
      inflight_(table_window(plan_)),
      done_of_part_(std::max(1U, plan_.receiving_parts)) {
  if (plan_.stream_count > 1) template_.set_topic_number(plan_.first_stream);
  shard_.worker().reserve_write_buffer(template_.size_bytes());
}

void Publisher::start() {
  running_ = true;
  last_progress_ns_ = now_ns();
  refill();
}

std::uint64_t Publisher::allowance() const {
  const std::uint64_t left = plan_.messages_max - sent_;
  const std::uint64_t ids = plan_.qos == Qos::at_most_once ? left : inflight_.room();
  switch (plan_.pacing) {
    case Pacing::acks: {
      if (plan_.backlog_max == 0) return std::min(left, ids);
      const std::uint64_t backlog = std::min<std::uint64_t>(undelivered(), plan_.backlog_max);
      return std::min({left, ids, plan_.backlog_max - backlog});
    }
    case Pacing::deliveries:
      return std::min(left, plan_.window - std::min<std::uint64_t>(undelivered(), plan_.window));
    case Pacing::schedule:
      return std::min({left, ids, due_ - sent_});
    case Pacing::socket:
      return std::min(left, ids);
  }
  return 0;
}

bool Publisher::refill() {
  const std::size_t size_bytes = template_.size_bytes();
  const std::uint64_t before = sent_;
  while (running_ && link_.state() == Link::State::ready && !link_.blocked()) {
    const auto buffer = shard_.worker().write_buffer();
    const std::uint64_t fitting = std::max<std::uint64_t>(1, buffer.size() / size_bytes);
    const std::uint64_t count = std::min(allowance(), fitting);
    if (count == 0) break;
    const std::uint64_t now = now_ns();
    for (std::uint64_t i = 0; i < count; ++i) write_one(buffer.data() + i * size_bytes, now);
    shard_.worker().counters().sent += count;
    link_.send(buffer.first(count * size_bytes));
  }
  return sent_ > before;
}

void Publisher::write_one(std::uint8_t* at, std::uint64_t now_ns) {
  std::uint64_t sent_ns = now_ns;
  if (plan_.pacing == Pacing::schedule) {
    sent_ns = shard_.intended_ns(plan_.schedule_number, sent_);
    shard_.record_lag(now_ns - std::min(now_ns, sent_ns));
  }
  const std::uint16_t packet_id =
      plan_.qos == Qos::at_most_once ? std::uint16_t{0} : inflight_.begin(sent_ns);
  const std::uint32_t stream = plan_.first_stream + plan_.stream_step * stream_index_;
  if (plan_.stream_count > 1) template_.set_topic_number(stream);
  template_.write(at, packet_id, {.stream = stream, .sequence = sequence_, .sent_ns = sent_ns});
  ++sent_;
  if (++stream_index_ == plan_.stream_count) {
    stream_index_ = 0;
    ++sequence_;
  }
}

void Publisher::on_done(std::uint32_t part, std::uint64_t messages) {
  done_of_part_[part] += messages;
  done_ = *std::min_element(done_of_part_.begin(), done_of_part_.end());
  last_progress_ns_ = shard_.worker().turn_ns();
  refill();
}

void Publisher::reopen_if_stalled(std::uint64_t now_ns) {
  const bool waits = running_ && plan_.pacing == Pacing::deliveries && sent_ < plan_.messages_max &&
                     undelivered() >= plan_.window;
  if (!waits || now_ns - std::min(now_ns, last_progress_ns_) < stall_ns) return;
  ++shard_.worker().counters().stalls;
  std::fill(done_of_part_.begin(), done_of_part_.end(), sent_);
  done_ = sent_;
  last_progress_ns_ = now_ns;
  refill();
}

std::size_t Publisher::on_bytes(Link& link, std::span<const std::uint8_t> bytes) {
  const std::uint64_t now = now_ns();
  const auto replies = shard_.worker().write_buffer();
  std::size_t reply_bytes = 0;
  const std::size_t taken = link.each_frame(bytes, [&](const Frame& frame) {
    switch (frame.type) {
      case PacketType::puback:
      case PacketType::pubrec:
      case PacketType::pubcomp:
        reply_bytes += on_ack(frame, replies.data() + reply_bytes, now);
        break;
      default:
        link.on_control(frame);
    }
  });
  link.send(replies.first(reply_bytes));
  refill();
  return taken;
}

std::size_t Publisher::on_ack(const Frame& frame, std::uint8_t* reply, std::uint64_t now_ns) {
  using Wait = InflightTable::Wait;
  AckView ack;
  const bool parsed = parse_ack(frame, ack);
  const Wait wait = parsed ? inflight_.waiting(ack.packet_id) : Wait::nothing;
  const PacketType first_ack = plan_.qos == Qos::at_least_once ? PacketType::puback : PacketType::pubrec;
  if (frame.type == first_ack && wait == Wait::first_ack) {
    if (frame.type == PacketType::puback || ack.reason >= 0x80) {
      finish(ack.packet_id, ack.reason, now_ns);
      return 0;
    }
    inflight_.received(ack.packet_id);
    write_ack(reply, PacketType::pubrel, ack.packet_id);
    return ack_bytes;
  }
  if (frame.type == PacketType::pubcomp && wait == Wait::pubcomp) {
    finish(ack.packet_id, ack.reason, now_ns);
  } else {
    link_.fail_protocol("an acknowledgement for a packet id that does not wait for it");
  }
  return 0;
}

void Publisher::finish(std::uint16_t packet_id, std::uint8_t reason, std::uint64_t now_ns) {
  const std::uint64_t sent_ns = inflight_.finish(packet_id);
  Counters& counters = shard_.worker().counters();
  ++counters.acked;
  if (reason == no_matching_subscribers) ++counters.unmatched;
  if (reason >= 0x80) {
    ++counters.publishes_refused;
    shard_.worker().note_error("PUBLISH refused with reason " + std::to_string(reason));
  }
  shard_.record_ack(now_ns - std::min(now_ns, sent_ns));
}

void Publisher::on_ready(Link& link) {
  if (plan_.qos != Qos::at_most_once) inflight_.narrow(link.receive_maximum());
}

void Publisher::on_writable(Link&) {
  refill();
}

void Publisher::on_down(Link&) {
  running_ = false;
}

}  // namespace tenon::load
