#include "node/peers/peer_watch.h"

namespace tenon::node {

PeerWatch::PeerWatch(observe::Health& health, std::uint32_t expect_count)
    : health_(health), expect_count_(expect_count) {
  show();
}

void PeerWatch::on_peer_up(peer::NodeId node) {
  up_.insert(node);
  show();
}

void PeerWatch::on_peer_down(peer::NodeId node) {
  up_.erase(node);
  show();
}

void PeerWatch::show() {
  const std::size_t count = up_.size() + 1;
  const bool enough = count >= expect_count_;
  health_.set(
      "cluster", enough ? observe::HealthState::ok : observe::HealthState::degraded,
      enough ? "" : std::to_string(count) + " of " + std::to_string(expect_count_) + " nodes are linked");
}

}  // namespace tenon::node
