#include "node/peers/peer_reach.h"

#include "store/majority.h"

namespace tenon::node {

using kv::NodeId;

void PeerReach::on_up(NodeId node) {
  up_.insert(node);
  absent_.erase(node);
}

void PeerReach::on_down(NodeId node) {
  up_.erase(node);
}

void PeerReach::on_dial_failed(NodeId node, bool refused) {
  if (refused && !up_.contains(node))
    absent_.insert(node);
  else
    absent_.erase(node);
}

bool PeerReach::is_silent(NodeId node) const {
  return !up_.contains(node) && !absent_.contains(node) && !removed_.contains(node);
}

bool PeerReach::is_cut_off(NodeId self, const kv::Members& members) const {
  const auto is_here = [&](NodeId node) { return node == self || up_.contains(node); };
  const auto is_there = [&](NodeId node) { return node != self && is_silent(node); };
  return !store::is_quorum(members, is_here) && store::is_quorum(members, is_there);
}

}  // namespace tenon::node
