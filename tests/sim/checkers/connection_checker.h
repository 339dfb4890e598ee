#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/world/world.h"

namespace tenon::sim {

// One connection a client id, cluster-wide (INV-S1), for clients whose sessions end with their connections:
//
//  - A connection is ended for another one only when that came in later.
//  - When all is healed and quiet, there is one at most, which is the one that came in last, if its client
//    did not leave it and its node lives; so whatever is sent to the client goes there.
class ConnectionChecker {
 public:
  explicit ConnectionChecker(World& world) : world_(world) {}

  // `number` names the connection, and grows.
  void on_connected(std::uint64_t number, const std::string& client_id, std::uint32_t node);
  void on_live(std::uint64_t number);
  void on_taken_over(std::uint64_t number);
  // The client left it, or its node is down.
  void on_over(std::uint64_t number);
  void on_node_down(std::uint32_t node);

  void look_at_healed_world();

  std::uint64_t live_count() const { return live_count_; }              // that came in
  std::uint64_t taken_over_count() const { return taken_over_count_; }  // and were ended for others

 private:
  enum class State : std::uint8_t { waiting, live, over, taken_over };
  struct Connection {
    std::string client_id;
    std::uint32_t node = 0;
    State state = State::waiting;
    MonoNs live_ns = -1;  // it came in
  };

  World& world_;
  std::map<std::uint64_t, Connection> connections_;
  std::map<std::string, std::vector<std::uint64_t>> by_client_;
  std::uint64_t live_count_ = 0;
  std::uint64_t taken_over_count_ = 0;
};

}  // namespace tenon::sim
