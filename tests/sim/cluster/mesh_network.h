#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/remote/remote_wire.h"
#include "kv/descriptor.h"
#include "sim/checkers/membership_checker.h"
#include "sim/cluster/mesh_node.h"
#include "sim/cluster/wires.h"
#include "sim/network/network.h"

namespace tenon::sim {

// What goes between the brokers of nodes, which are named by their place.
class BrokerTraffic {
 public:
  virtual void on_node(std::uint32_t place, bool is_up) = 0;
  virtual void on_peer(std::uint32_t place, kv::NodeId other, bool is_up) = 0;
  virtual void on_claims(std::uint32_t place, kv::NodeId from, const std::string& body) = 0;

 protected:
  ~BrokerTraffic() = default;
};

// The network of nodes that run core/cluster: they find each other from two seeds, keep links to each other
// over simulated connections, and judge who lives. Who is linked follows from that.
class MeshNetwork final : public Network, MeshEvents {
 public:
  // All outlive it; `ids` are there, by place, when the first node comes up.
  MeshNetwork(World& world, const Wires::Options& wires, const cluster::Mesh::Options& mesh,
              const std::vector<kv::NodeId>& ids, MembershipChecker& checker);
  ~MeshNetwork() override;

  // Before the first node comes up; outlives the network's use. Never called: there are no brokers.
  void set_traffic(BrokerTraffic& traffic) { traffic_ = &traffic; }
  void send(std::uint32_t from, kv::NodeId to, broker::RemoteMessage kind, std::string&& body);

  // Network
  void add(NetworkEnd& end) override;
  void on_node_up(std::uint32_t node) override;
  void on_node_resumed(std::uint32_t node) override;
  void on_node_down(std::uint32_t node, NodeEnd how) override;
  void send(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string&& body) override;
  void block(std::uint32_t from, std::uint32_t to) override;
  void unblock(std::uint32_t from, std::uint32_t to) override;
  void break_link(std::uint32_t a, std::uint32_t b) override;
  void set_slowness(std::uint32_t factor) override { wires_.set_slowness(factor); }
  void heal() override;
  bool is_linked(std::uint32_t a, std::uint32_t b) const override;
  std::uint64_t generation(std::uint32_t a, std::uint32_t b) const override;
  std::uint64_t delivered_count() const override { return delivered_count_; }

 private:
  struct Node {
    NetworkEnd* end = nullptr;
    std::uint64_t life = 0;
    std::unique_ptr<MeshNode> mesh;  // null: the node is down
    std::vector<bool> links;         // by place: it was told that the link is up
    std::vector<std::uint64_t> link_ends;
    std::set<std::uint32_t> known;  // places, as the broker keeps them for the next start (node/kept)
  };

  // MeshEvents
  void on_peer_up(std::uint32_t at, const cluster::Hello& peer, WireKey wire) override;
  void on_peer_down(std::uint32_t at, cluster::NodeId node, cluster::LinkEnd why) override;
  void on_node_state(std::uint32_t at, const cluster::FailureDetector::Change& change) override;
  void on_message(std::uint32_t at, cluster::NodeId from, WireKey wire, std::uint8_t kind,
                  std::string&& body) override;

  std::uint32_t place_of(cluster::NodeId node) const;
  void link_ended(Node& node, std::uint32_t other);
  // From the thread of the links to the store's.
  void tell(std::uint32_t at, std::function<void(NetworkEnd&)> what);

  World& world_;
  const cluster::Mesh::Options mesh_options_;
  const std::vector<kv::NodeId>& ids_;
  MembershipChecker& checker_;
  BrokerTraffic* traffic_ = nullptr;
  Wires wires_;
  std::vector<Node> nodes_;
  std::uint64_t delivered_count_ = 0;
};

}  // namespace tenon::sim
