#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/checkers/connection_checker.h"
#include "sim/clients/client_world.h"
#include "sim/cluster/broker_end.h"
#include "sim/cluster/mesh_network.h"

namespace tenon::sim {

// Clients that go from node to node, each with its one client id, and mostly without a word to the node that
// they leave; with the nodes' ends for them.
class Roamers final : BrokerTraffic, ConnectionEvents {
 public:
  struct Options {
    std::uint32_t count = 0;
    std::uint32_t goodbye_percent = 30;
    std::int64_t stay_min_ns = ns_per_s;
    std::int64_t stay_max_ns = 12 * ns_per_s;
    BrokerEnd::Mistakes mistakes;
  };
  // All outlive it.
  Roamers(ClientWorld& clients, MeshNetwork& network, const Options& options);
  ~Roamers();

  // They stop when the client world closes.
  void start();
  void look_at_healed_world() { checker_.look_at_healed_world(); }
  const ConnectionChecker& checker() const { return checker_; }

 private:
  struct Roamer {
    std::string client_id;
    std::uint64_t number = 0;  // of its connection; 0: none
    std::uint32_t node = 0;    // where it is
  };
  void move_later(Roamer& roamer);
  void move(Roamer& roamer);

  // BrokerTraffic
  void on_node(std::uint32_t place, bool is_up) override;
  void on_peer(std::uint32_t place, kv::NodeId other, bool is_up) override;
  void on_claims(std::uint32_t place, kv::NodeId from, const std::string& body) override;
  // ConnectionEvents
  void on_live(std::uint64_t number) override;
  void on_taken_over(std::uint64_t number) override;

  ClientWorld& clients_;
  MeshNetwork& network_;
  const Options options_;
  test::SimRandom random_;
  ConnectionChecker checker_;
  std::vector<std::unique_ptr<BrokerEnd>> ends_;  // by place; null: the node is down
  std::vector<Roamer> roamers_;
  std::uint64_t last_number_ = 0;
};

}  // namespace tenon::sim
