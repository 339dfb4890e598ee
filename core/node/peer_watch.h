#pragma once

#include <set>

#include "observe/health.h"
#include "peer/peer_network.h"

namespace tenon::node {

// Shows in the node's health, as the condition "cluster", whether as many nodes are linked as
// `cluster.expect` says. On the network's worker.
class PeerWatch final : public peer::PeerHandler {
 public:
  // `health` outlives this. `expect_count` counts this node, too.
  PeerWatch(observe::Health& health, std::uint32_t expect_count);

  // Nodes of this version have nothing to say to each other beyond their links.
  void on_message(peer::NodeId, std::uint8_t, std::string&&) override {}
  void on_peer_up(peer::NodeId node) override;
  void on_peer_down(peer::NodeId node, peer::LinkEnd why) override;
  void on_node_known(peer::NodeId, const peer::Endpoint&) override {}

 private:
  void show();

  observe::Health& health_;
  const std::uint32_t expect_count_;
  std::set<peer::NodeId> up_;
};

}  // namespace tenon::node
