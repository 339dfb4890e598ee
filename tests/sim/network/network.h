#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "store/peer_port.h"

namespace tenon::sim {

// A node as the network knows it.
class NetworkEnd {
 public:
  virtual bool is_up() const = 0;
  // It does nothing for a while, like a process that was stopped.
  virtual bool is_paused() const { return false; }
  // By its own clock.
  virtual MonoNs mono_ns() const { return 0; }
  virtual void on_message(std::uint32_t from, store::PeerMessage kind, const std::string& body) = 0;
  // `start_number`: of the other node, when the link is up and tells it; 0 otherwise.
  virtual void on_link(std::uint32_t other, bool is_up, std::uint64_t start_number) = 0;

 protected:
  ~NetworkEnd() = default;
};

// How a node ends.
enum class NodeEnd : std::uint8_t {
  process,  // whose system closes its connections
  power,    // nobody hears of it
};

// What carries messages between nodes, which are named by their place. Messages to one node keep their order
// while the link to it holds, and are lost with it.
class Network {
 public:
  virtual ~Network() = default;

  // In the order of the places; ends outlive the network.
  virtual void add(NetworkEnd& end) = 0;
  // A node came up; goes on after a pause; went down with all of its links.
  virtual void on_node_up(std::uint32_t node) = 0;
  virtual void on_node_resumed(std::uint32_t /*node*/) {}
  virtual void on_node_down(std::uint32_t node, NodeEnd how) = 0;

  virtual void send(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string&& body) = 0;

  // Nothing gets through this way any more, which the nodes find out later, or not.
  virtual void block(std::uint32_t from, std::uint32_t to) = 0;
  virtual void unblock(std::uint32_t from, std::uint32_t to) = 0;
  // The link goes down and comes up again by itself.
  virtual void break_link(std::uint32_t a, std::uint32_t b) = 0;
  virtual void set_slowness(std::uint32_t factor) = 0;
  // All ways are free, and nothing is lost from now on but with a node.
  virtual void heal() = 0;

  // Both ends were told that the link is up, and not yet that it is down.
  virtual bool is_linked(std::uint32_t a, std::uint32_t b) const = 0;
  // Counts how often it went down.
  virtual std::uint64_t generation(std::uint32_t a, std::uint32_t b) const = 0;
  // Messages so far.
  virtual std::uint64_t delivered_count() const = 0;
};

}  // namespace tenon::sim
