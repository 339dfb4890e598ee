#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "load/engine/file_descriptor.h"
#include "load/wire/packet_reader.h"
#include "load/wire/packet_writer.h"

namespace tenon::load {

// The cheapest conceivable broker: one thread that parses PUBLISH, looks the topic up in a hash map, copies
// the bytes to the subscribers' buffers and writes each buffer once per turn. What it costs is the floor
// under every broker's cost: the kernel's sockets and a copy.
//
// MQTT 3.1.1, QoS 0 and 1, exact filters. No authentication, sessions, retained messages, limits, retries or
// back-pressure; acknowledgements are ignored. A client that does not read is cut off at unsent_bytes_max.
class Forwarder {
 public:
  // Listens on a loopback port; 0 chooses one. Throws std::system_error.
  explicit Forwarder(std::uint16_t port);
  ~Forwarder();

  std::uint16_t port() const { return port_; }

  // One turn: waits for events until `timeout_ms` passes (-1: for ever), handles them, writes.
  void turn(int timeout_ms);

 private:
  static constexpr std::size_t unsent_bytes_max = std::size_t{64} * 1024 * 1024;

  struct Link;
  struct Subscriber {
    Link* link = nullptr;
    Qos qos = Qos::at_most_once;
  };
  struct TopicHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view topic) const { return std::hash<std::string_view>{}(topic); }
  };
  using Topics = std::unordered_map<std::string, std::vector<Subscriber>, TopicHash, std::equal_to<>>;

  void accept_all();
  void read_from(Link& link);
  std::size_t handle_all(Link& link, std::span<const std::uint8_t> bytes);
  // False: close the link.
  bool handle(Link& link, const Frame& frame, std::span<const std::uint8_t> packet);
  bool on_subscribe(Link& link, const Frame& frame);
  bool on_publish(Link& link, const Frame& frame, std::span<const std::uint8_t> packet);
  void deliver(const Subscriber& to, const PublishView& publish, std::span<const std::uint8_t> packet);
  void reply(Link& link, std::span<const std::uint8_t> bytes);
  void mark_dirty(Link& link);
  void write_dirty();
  void write_to(Link& link);
  void close(Link& link);
  void bury_closed();

  FileDescriptor listener_;
  FileDescriptor epoll_;
  std::uint16_t port_ = 0;
  std::vector<std::uint8_t> read_buffer_;
  std::vector<std::unique_ptr<Link>> links_;  // by file descriptor
  std::vector<Link*> dirty_;
  std::vector<Link*> closed_;
  Topics topics_;
};

}  // namespace tenon::load
