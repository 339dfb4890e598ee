#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "mqtt/types.h"
#include "session/ack_queue.h"
#include "session/message.h"

namespace tenon::broker {

// A link's publishes that wait until this node knows all routes, in the order in which they came. Gone on
// with in rounds, each of which is as much as one read of the client may bring. Pure; belongs to one link.
class ParkedPublishes {
 public:
  struct Parked {
    Ref<session::Message> message;
    mqtt::PacketId received_id = mqtt::PacketId::none;
    session::PublishToken token{};  // with QoS 0 it names nothing
    MonoNs until_ns = 0;
    bool is_doomed = false;  // when it is handed out: it came behind one that was given up

    bool is_answered() const { return message->view().qos != mqtt::QoS::at_most_once; }
    std::size_t memory_bytes() const { return sizeof(Parked) + message->memory_bytes(); }
  };

  // A round ends with the message that reaches one of these.
  static constexpr std::size_t round_count_max = 64;
  static constexpr std::size_t round_bytes_max = 64 * 1024;

  // `total_bytes` outlives this; the memory of what waits is part of it as long as it waits here.
  explicit ParkedPublishes(std::size_t& total_bytes) : total_bytes_(total_bytes) {}
  ~ParkedPublishes() { total_bytes_ -= bytes_; }
  ParkedPublishes(const ParkedPublishes&) = delete;
  ParkedPublishes& operator=(const ParkedPublishes&) = delete;

  void push(Parked&& one) {
    grow(one.memory_bytes());
    if (!one.is_answered()) ++unanswered_count_;
    waiting_.push_back(std::move(one));
  }
  bool empty() const { return waiting_.empty(); }
  // Whether a message that comes now has to wait behind these: one with QoS 0 goes past them, unless it would
  // be replaced by an older retained message, or go past another one with QoS 0 [MQTT-4.6.0-5].
  bool holds_back(const session::MessageView& message) const {
    return message.qos != mqtt::QoS::at_most_once || message.retain || unanswered_count_ > 0;
  }

  void begin_round() {
    round_count_ = 0;
    round_bytes_ = 0;
  }
  // One that is answered was given up: so are those that wait behind it, as its client may send it again.
  void doom_waiting() { doomed_count_ = waiting_.size(); }
  // The next one of this round: one to go on with, or, when that may not be, one whose time is up; or a
  // doomed one.
  std::optional<Parked> next(bool may_go_on, MonoNs now_ns) {
    if (empty() || round_count_ >= round_count_max || round_bytes_ >= round_bytes_max) return std::nullopt;
    const bool is_doomed = doomed_count_ > 0 && waiting_.front().is_answered();
    if (!may_go_on && !is_doomed && now_ns < waiting_.front().until_ns) return std::nullopt;
    std::optional<Parked> one(std::move(waiting_.front()));
    waiting_.pop_front();
    if (doomed_count_ > 0) --doomed_count_;
    one->is_doomed = is_doomed;
    if (!one->is_answered()) --unanswered_count_;
    const std::size_t bytes = one->memory_bytes();
    ++round_count_;
    round_bytes_ += bytes;
    bytes_ -= bytes;
    total_bytes_ -= bytes;
    return one;
  }

 private:
  void grow(std::size_t bytes) {
    bytes_ += bytes;
    total_bytes_ += bytes;
  }

  std::size_t& total_bytes_;
  std::size_t bytes_ = 0;
  std::size_t unanswered_count_ = 0;
  std::size_t doomed_count_ = 0;  // of the first ones
  std::size_t round_count_ = 0;
  std::size_t round_bytes_ = 0;
  std::deque<Parked> waiting_;
};

}  // namespace tenon::broker
