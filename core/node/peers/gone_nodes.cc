#include "node/peers/gone_nodes.h"

namespace tenon::node {

void GoneNodes::on_up(NodeId node, std::uint64_t incarnation) {
  nodes_[node] = {true, incarnation, 0, {}, true};
}

void GoneNodes::on_down(NodeId node, MonoNs now_ns) {
  Node& known = nodes_[node];
  known.is_heard_of = true;
  known.up = false;
  known.since_ns = now_ns;
}

void GoneNodes::expect(NodeId node, MonoNs now_ns) {
  const auto [known, is_new] = nodes_.try_emplace(node);
  known->second.is_heard_of = true;
  if (is_new) known->second.since_ns = now_ns;
}

void GoneNodes::set_removed(std::set<NodeId> nodes) {
  removed_ = std::move(nodes);
  for (const NodeId node : removed_)
    if (const auto [known, is_new] = nodes_.try_emplace(node); is_new) known->second.is_heard_of = false;
}

std::vector<GoneNodes::Gone> GoneNodes::due(MonoNs now_ns, const std::vector<std::string>& led_ranges) {
  std::vector<Gone> found;
  for (auto& [id, node] : nodes_) {
    if (node.up || (now_ns - node.since_ns < grace_ns_ && !removed_.contains(id))) continue;
    for (const std::string& range : led_ranges)
      if (node.told.insert(range).second) found.push_back({id, node.incarnation, range});
  }
  return found;
}

std::vector<NodeId> GoneNodes::known() const {
  std::vector<NodeId> nodes;
  for (const auto& [id, node] : nodes_)
    if (node.is_heard_of) nodes.push_back(id);
  return nodes;
}

bool GoneNodes::is_gone(NodeId node, std::uint64_t incarnation) const {
  const auto known = nodes_.find(node);
  return known != nodes_.end() && !known->second.up && known->second.incarnation == incarnation;
}

}  // namespace tenon::node
