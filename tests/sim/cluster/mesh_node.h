#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "cluster/mesh.h"
#include "sim/cluster/wires.h"
#include "sim/network/network.h"
#include "sim/world/world.h"

namespace tenon::sim {

// What one life of a node hears of the others.
class MeshEvents {
 public:
  virtual void on_peer_up(std::uint32_t at, const cluster::Hello& peer, WireKey wire) = 0;
  virtual void on_peer_down(std::uint32_t at, cluster::NodeId node, cluster::LinkEnd why) = 0;
  virtual void on_node_state(std::uint32_t at, const cluster::FailureDetector::Change& change) = 0;
  // `wire`: on which it came.
  virtual void on_message(std::uint32_t at, cluster::NodeId from, WireKey wire, std::uint8_t kind,
                          std::string&& body) = 0;

 protected:
  ~MeshEvents() = default;
};

// A node's core/cluster, from a start to its end: what peer::PeerNetwork is on real threads happens here in
// simulated time, over simulated connections. While the node is paused nothing happens; its connections stay.
class MeshNode final : cluster::MeshPort, WireOwner {
 public:
  struct Setup {
    std::uint32_t place = 0;
    cluster::LocalNode local;
    cluster::Mesh::Options options;
    std::vector<std::uint32_t> seeds;  // places
  };
  // All outlive it.
  MeshNode(World& world, Wires& wires, const NetworkEnd& end, MeshEvents& events, Setup&& setup);
  ~MeshNode();
  MeshNode(const MeshNode&) = delete;
  MeshNode& operator=(const MeshNode&) = delete;

  static cluster::Endpoint address_of(std::uint32_t place);

  WireOwner& wire_owner() { return *this; }
  void send(cluster::NodeId to, cluster::Lane lane, std::uint8_t kind, std::string&& body);
  // The pause is over.
  void resume();
  const cluster::Mesh& mesh() const { return mesh_; }

 private:
  class Chance final : public Random {
   public:
    explicit Chance(test::SimRandom numbers) : numbers_(numbers) {}
    void fill(std::span<std::uint8_t> out) override {
      for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(numbers_.next());
    }

   private:
    test::SimRandom numbers_;
  };

  // cluster::MeshPort
  void dial(const cluster::Endpoint& endpoint) override { dials_.push_back(endpoint); }
  void look_up(const cluster::Endpoint&) override {}
  void wants_write(cluster::LinkKey link) override { to_write_.insert(link); }
  void on_message(cluster::NodeId from, std::uint8_t kind, std::string&& body,
                  const cluster::Arrival& arrival) override {
    arrivals_.push_back(arrival);
    events_.on_message(setup_.place, from, receiving_, kind, std::move(body));
  }
  void on_peer_up(const cluster::Hello& peer, cluster::LinkKey link) override {
    events_.on_peer_up(setup_.place, peer, wires_of_.at(link));
  }
  void on_peer_down(cluster::NodeId node, cluster::LinkEnd why) override {
    events_.on_peer_down(setup_.place, node, why);
  }
  void on_node_known(cluster::NodeId, const cluster::Endpoint&) override {}
  void on_node_state(const cluster::FailureDetector::Change& change) override {
    events_.on_node_state(setup_.place, change);
  }
  void on_dial_ended(cluster::NodeId, const cluster::Endpoint&) override {}
  void on_refused(cluster::NodeId, const cluster::Endpoint&, cluster::LinkEnd, bool) override {}
  void on_removed(cluster::NodeId) override {}
  // No workload has two processes of one node.
  void on_twin(cluster::NodeId, const cluster::Endpoint&, const cluster::Endpoint&) override {
    TENON_BUG(false, "a node that is there once is told to be there twice");
  }
  void on_twin_gone() override {}
  void on_pressure(cluster::NodeId, Pressure) override {}
  void on_dropped(cluster::DropCause, std::size_t) override {}

  // WireOwner
  void on_dialled(std::uint32_t to, WireKey wire) override;
  void on_dial_failed(std::uint32_t to) override;
  void on_accepted(WireKey wire) override;
  void on_bytes(WireKey wire, const std::string& bytes) override;
  void on_closed(WireKey wire) override;

  // On the node's thread: now, or when its pause is over.
  void run(std::function<void()> what);
  void after(std::int64_t delay_ns, std::function<void()> what);
  void add(cluster::LinkKey link, WireKey wire);
  void tick_later();
  void tick();
  void flush_later();
  void flush();
  void flush(cluster::LinkKey link);
  MonoNs now();

  World& world_;
  Wires& wire_net_;
  const NetworkEnd& end_;
  MeshEvents& events_;
  const Setup setup_;
  test::SimRandom random_;
  Chance chance_;
  cluster::Mesh mesh_;
  const std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  std::deque<std::function<void()>> held_;  // while paused
  std::vector<cluster::Arrival> arrivals_;  // to be told to the mesh
  std::map<cluster::LinkKey, WireKey> wires_of_;
  std::map<WireKey, cluster::LinkKey> links_of_;
  WireKey receiving_{};
  std::vector<cluster::Endpoint> dials_;
  std::set<cluster::LinkKey> to_write_;
  bool flush_wanted_ = false;
  MonoNs last_ns_ = 0;
};

}  // namespace tenon::sim
