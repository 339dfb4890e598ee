#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/engine/byte_stream.h"
#include "load/wire/packet_reader.h"
#include "load/wire/packet_writer.h"

namespace tenon::load {

class Link;
class Worker;

// What a client is and what it asks for once connected.
struct LinkPlan {
  std::string client_id;
  bool at_publish_broker = false;
  bool clean = true;
  std::uint32_t session_expiry_s = 0;  // 5.0 only
  std::vector<std::string> filters;    // subscribed before the link counts as ready
  Qos subscribe_qos = Qos::at_most_once;
};

// The side of a link that knows what its packets are for. Called on the worker's thread only. A call may
// close the link, and may be followed by others for it only after Worker::connect.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;

  // Takes the whole packets at the front of `bytes` and returns how many bytes they were; Link::each_frame
  // does the cutting. Control packets that the handler has no use for go to Link::on_control.
  virtual std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) = 0;

  // CONNACK has come, and SUBACK when the plan has filters.
  virtual void on_ready(Link&) {}
  // Everything that send() had to keep has gone out.
  virtual void on_writable(Link&) {}
  // The link closed without being asked to; the fault is counted already.
  virtual void on_down(Link&) {}
};

// One MQTT connection of the generator: connects, by TLS when the worker has a context for it, says CONNECT
// and SUBSCRIBE, then moves bytes.
//
// Holds no buffer while idle: reads land in the worker's buffer, only an unfinished packet is kept; writes go
// straight to the socket, only what it does not take is kept.
class Link {
 public:
  enum class State : std::uint8_t { closed, connecting, securing, connack_wait, suback_wait, ready };

  Link(Worker& worker, LinkHandler& handler, LinkPlan plan);

  State state() const { return state_; }
  const LinkPlan& plan() const { return plan_; }
  // For the next connect; not while connected.
  LinkPlan& mutable_plan() { return plan_; }
  bool blocked() const { return !unsent_.empty(); }
  bool session_present() const { return session_present_; }
  std::uint16_t receive_maximum() const { return receive_maximum_; }
  std::uint64_t pong_count() const { return pong_count_; }
  std::uint64_t opened_ns() const { return opened_ns_; }
  std::uint64_t last_sent_ns() const { return last_sent_ns_; }

  // Starts to connect. Called by Worker, which limits how many links do so at once.
  void open();
  // Sends DISCONNECT, closes; nobody is told.
  void disconnect();
  // Closes as a client that vanished; nobody is told.
  void drop();

  // Sends now what the socket takes and keeps the rest. Nothing happens on a closed link.
  void send(std::span<const std::uint8_t> bytes);

  void on_events(std::uint32_t epoll_events);
  // Handles CONNACK, SUBACK, PINGRESP and DISCONNECT; anything else is a protocol error.
  void on_control(const Frame& frame);
  // Counts a protocol error and closes.
  void fail_protocol(std::string_view what);

  // Calls `on_frame` for each whole packet of `bytes` until the link closes; returns the bytes they took.
  template <class OnFrame>
  std::size_t each_frame(std::span<const std::uint8_t> bytes, OnFrame&& on_frame) {
    std::size_t at = 0;
    Frame frame;
    while (state_ != State::closed) {
      const FrameStatus status = next_frame(bytes.subspan(at), frame);
      if (status == FrameStatus::malformed) fail_protocol("a length field of more than four bytes");
      if (status != FrameStatus::complete) break;
      at += frame.size_bytes;
      on_frame(frame);
    }
    return at;
  }

 private:
  void finish_connect();
  void secure();
  void say_connect();
  void read_some();
  void flush();
  void on_connack(const Frame& frame);
  void on_suback(const Frame& frame);
  void subscribe();
  void become_ready();
  void lose(std::string_view what);
  void fail(std::uint64_t& counter, std::string_view what);
  void close();

  Worker& worker_;
  LinkHandler& handler_;
  LinkPlan plan_;
  ByteStream stream_;
  State state_ = State::closed;
  bool session_present_ = false;
  std::uint16_t receive_maximum_ = 65535;
  std::uint64_t pong_count_ = 0;
  std::uint64_t opened_ns_ = 0;
  std::uint64_t last_sent_ns_ = 0;
  Bytes unfinished_;           // the packet whose end has not come
  Bytes unsent_;               // what the socket did not take
  std::size_t unsent_at_ = 0;  // how much of unsent_ has gone since
};

}  // namespace tenon::load
