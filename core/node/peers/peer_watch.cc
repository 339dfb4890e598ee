#include "node/peers/peer_watch.h"

#include <algorithm>

namespace tenon::node {

PeerWatch::PeerWatch(observe::Health& health, std::uint32_t expect_count)
    : health_(health), expect_count_(expect_count) {
  show();
}

void PeerWatch::on_peer_up(peer::NodeId node) {
  up_.insert(node);
  seen_.insert(node);
  health_.remove("removed");
  show();
}

void PeerWatch::set_removed(const std::set<peer::NodeId>& nodes) {
  removed_count_ = nodes.size();
  for (const peer::NodeId node : nodes) seen_.erase(node);
  show();
}

void PeerWatch::on_removed() {
  if (!up_.empty()) return;
  health_.set(
      "removed", observe::HealthState::failed,
      "this node was removed from the cluster, and its id is not let in again: it needs an empty data "
      "directory");
}

void PeerWatch::on_twin(const peer::Endpoint& address) {
  twin_ = address.text();
  show();
}

void PeerWatch::on_twin_gone() {
  twin_.clear();
  show();
}

void PeerWatch::on_peer_down(peer::NodeId node) {
  up_.erase(node);
  show();
}

void PeerWatch::show() {
  if (!twin_.empty()) {
    health_.set("cluster", observe::HealthState::failed,
                "another node at " + twin_ +
                    " has this node's id: was its data directory copied? Stop one of the two, and let "
                    "it begin with an empty data directory");
    return;
  }
  const std::size_t count = up_.size() + 1;
  const std::size_t remaining = expect_count_ - std::min<std::size_t>(removed_count_, expect_count_ - 1);
  const std::size_t expected = std::max(remaining, std::min<std::size_t>(seen_.size() + 1, expect_count_));
  const bool enough = count >= expected;
  health_.set("cluster", enough ? observe::HealthState::ok : observe::HealthState::degraded,
              enough ? "" : std::to_string(count) + " of " + std::to_string(expected) + " nodes are linked");
}

}  // namespace tenon::node
