#pragma once

#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "base/clock.h"
#include "broker/durable/node_routes.h"
#include "broker/remote/remote_nodes.h"
#include "config/settings.h"
#include "node/balance/planner.h"
#include "node/peers/gone_nodes.h"
#include "node/peers/peer_lanes.h"
#include "node/peers/peer_reach.h"
#include "node/peers/peer_watch.h"
#include "peer/peer_network.h"
#include "store/store_thread.h"

namespace tenon::node {

// Joins the store thread and the workers with the links to other nodes. A node that is alone has no network,
// and what it sends goes nowhere.
class PeerBridge final : public store::PeerPort, public broker::RemotePort, public peer::PeerHandler {
 public:
  // `health` and `clock` outlive the bridge.
  PeerBridge(observe::Health& health, const Clock& clock, const config::ClusterSettings& settings)
      : clock_(clock),
        watch_(health, settings.expect),
        gone_(std::int64_t{settings.node_gone_s} * ns_per_s) {}

  // `fn` is told, on the network's worker, when another node says that this one was removed. Before the
  // network starts.
  void when_removed(std::function<void(kv::NodeId by)> fn) { on_removed_ = std::move(fn); }
  // On the network's worker.
  GoneNodes& gone() { return gone_; }
  const PeerReach& reach() const { return reach_; }

  // Before the network starts; all outlive their use here.
  void connect(store::StoreThread& store, peer::PeerNetwork& network, Planner& planner) {
    store_ = &store;
    network_ = &network;
    planner_ = &planner;
  }

  // On the network's worker.
  void set_removed(std::set<kv::NodeId> nodes) {
    std::set<peer::NodeId> out;
    for (const kv::NodeId node : nodes) out.insert(peer_node(node));
    watch_.set_removed(out);
    reach_.set_removed(nodes);
    gone_.set_removed(std::move(nodes));
  }

  // Likewise.
  void connect(broker::RemoteNodes& nodes) { nodes_ = &nodes; }
  void connect(broker::NodeRoutes& routes) { routes_ = &routes; }

  // broker::RemotePort
  void send(kv::NodeId to, broker::RemoteMessage kind, std::string&& body) override {
    if (network_)
      network_->send(peer_node(to), lane_of(kind), static_cast<std::uint8_t>(kind), std::move(body));
  }

  bool congested() const override { return network_ && network_->congested(); }
  bool congested(kv::NodeId to) const override { return network_ && network_->congested(peer_node(to)); }

  // store::PeerPort
  void send(kv::NodeId to, store::PeerMessage kind, std::string&& body) override {
    if (network_)
      network_->send(peer_node(to), lane_of(kind), static_cast<std::uint8_t>(kind), std::move(body));
  }

  // peer::PeerHandler
  void on_message(peer::NodeId from, std::uint8_t kind, std::string&& body, Receipt&& receipt) override {
    if (static_cast<store::PeerMessage>(kind) == store::PeerMessage::facts)
      planner_->on_facts(kv_node(from), std::move(body));
    else if (kind < broker::first_remote_message)
      store_->on_message(kv_node(from), static_cast<store::PeerMessage>(kind), std::move(body),
                         std::move(receipt));
    else if (nodes_)
      nodes_->on_message(kv_node(from), static_cast<broker::RemoteMessage>(kind), std::move(body),
                         std::move(receipt));
  }
  void on_peer_up(peer::NodeId node, std::uint64_t incarnation, std::string_view abilities) override {
    watch_.on_peer_up(node);
    reach_.on_up(kv_node(node));
    // From now on, and not only when the store thread gets to it.
    if (routes_) routes_->link_came();
    store_->on_peer(kv_node(node), true, {incarnation, kv::decode_command_versions(abilities)});
    if (nodes_) nodes_->on_peer_up(kv_node(node));
  }
  void on_peer_down(peer::NodeId node, peer::LinkEnd) override {
    watch_.on_peer_down(node);
    reach_.on_down(kv_node(node));
    store_->on_peer(kv_node(node), false);
    if (nodes_) nodes_->on_peer_down(kv_node(node));
  }
  void on_node_state(const cluster::FailureDetector::Change& change) override {
    const kv::NodeId node = kv_node(change.node);
    switch (change.state) {
      case cluster::NodeState::alive:
        gone_.on_up(node, change.incarnation);
        return planner_->on_link(node, true);
      case cluster::NodeState::suspect:
        return;
      case cluster::NodeState::gone:
        // It is away since it was heard last.
        gone_.on_down(node, change.heard_ns);
        return planner_->on_link(node, false);
      case cluster::NodeState::left:
        gone_.on_down(node, clock_.mono_ns());
        return planner_->on_link(node, false);
    }
  }
  void on_pressure(peer::NodeId node, Pressure pressure) override {
    if (nodes_) nodes_->on_pressure(kv_node(node), pressure);
  }
  void on_node_known(peer::NodeId, const peer::Endpoint&) override {}
  void on_removed(peer::NodeId by) override {
    watch_.on_removed();
    if (on_removed_) on_removed_(kv_node(by));
  }
  void on_twin(const peer::Endpoint& address) override { watch_.on_twin(address); }
  void on_twin_gone() override { watch_.on_twin_gone(); }
  void on_dial_failed(peer::NodeId node, bool refused) override {
    reach_.on_dial_failed(kv_node(node), refused);
    planner_->on_dial_failed(kv_node(node), refused);
  }

 private:
  static kv::NodeId kv_node(peer::NodeId node) { return kv::NodeId{static_cast<std::uint64_t>(node)}; }
  static peer::NodeId peer_node(kv::NodeId node) { return peer::NodeId{static_cast<std::uint64_t>(node)}; }

  const Clock& clock_;
  PeerWatch watch_;
  GoneNodes gone_;
  PeerReach reach_;
  store::StoreThread* store_ = nullptr;
  std::function<void(kv::NodeId by)> on_removed_;
  broker::RemoteNodes* nodes_ = nullptr;
  broker::NodeRoutes* routes_ = nullptr;
  peer::PeerNetwork* network_ = nullptr;
  Planner* planner_ = nullptr;
};

}  // namespace tenon::node
