#pragma once

#include <set>
#include <string>

#include "observe/health.h"
#include "peer/peer_network.h"

namespace tenon::node {

// Shows in the node's health, as the condition "cluster", whether as many nodes are linked as
// `cluster.expect` says, and whether this node is there twice. On the network's worker.
class PeerWatch {
 public:
  // `health` outlives this. `expect_count` counts this node, too.
  PeerWatch(observe::Health& health, std::uint32_t expect_count);

  void on_peer_up(peer::NodeId node);
  void on_peer_down(peer::NodeId node);
  // These do not come back: who was expected is not, as long as no other node has taken his place.
  void set_removed(const std::set<peer::NodeId>& nodes);
  // Another node says that this one was removed; shown until a link is up all the same, and not while
  // one is.
  void on_removed();
  // Another process has this node's id; shown until it is taken for gone.
  void on_twin(const peer::Endpoint& address);
  void on_twin_gone();

 private:
  void show();

  observe::Health& health_;
  const std::uint32_t expect_count_;
  std::set<peer::NodeId> up_;
  std::set<peer::NodeId> seen_;  // that were linked once, and may come back
  std::size_t removed_count_ = 0;
  std::string twin_;  // where it is reached; empty: there is none
};

}  // namespace tenon::node
