#include "common/landscape.h"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace tenon::balancer {

Landscape::Landscape(const sdk::BalancerView& view) : view_(view), nodes_(view.nodes()) {
  const std::uint32_t bit = 1u << view.store();
  for (const tenon_balancer_node& node : nodes_)
    takes_.push_back(node.state == TENON_NODE_ALIVE && (node.stores & bit) != 0 &&
                     (node.flags & (TENON_NODE_DRAINING | TENON_NODE_EMPTYING)) == 0);
}

std::optional<Place> Landscape::find(std::uint64_t id) const {
  const auto found = std::lower_bound(
      nodes_.begin(), nodes_.end(), id,
      [](const tenon_balancer_node& node, std::uint64_t wanted) { return node.id < wanted; });
  if (found == nodes_.end() || found->id != id) return std::nullopt;
  return static_cast<Place>(found - nodes_.begin());
}

bool Landscape::is_alive(std::uint64_t id) const {
  const auto place = find(id);
  return place && nodes_[*place].state == TENON_NODE_ALIVE;
}

std::optional<std::int64_t> Landscape::gone_for_ms(std::uint64_t id) const {
  const auto place = find(id);
  if (!place || is_removed(id)) return std::numeric_limits<std::int64_t>::max();
  if (nodes_[*place].state == TENON_NODE_ALIVE) return std::nullopt;
  return view_.now_ms() - nodes_[*place].since_ms;
}

bool Landscape::is_taker(std::uint64_t id) const {
  const auto place = find(id);
  return place && takes_[*place];
}

bool Landscape::declines(std::uint64_t id) const {
  const auto place = find(id);
  if (!place || nodes_[*place].state != TENON_NODE_ALIVE) return false;
  if (is_emptied(id)) return true;
  return nodes_[*place].stores != 0 && (nodes_[*place].stores & (1u << view_.store())) == 0;
}

bool Landscape::is_emptied(std::uint64_t id) const {
  const auto place = find(id);
  return place && (nodes_[*place].flags & TENON_NODE_EMPTYING) != 0;
}

bool Landscape::is_removed(std::uint64_t id) const {
  const auto place = find(id);
  return place && nodes_[*place].state != TENON_NODE_ALIVE &&
         nodes_[*place].evidence == TENON_EVIDENCE_MARKED;
}

const tenon_balancer_replica* replica_at(const tenon_balancer_range& range, std::uint64_t node) {
  for (const tenon_balancer_replica& replica : replicas_of(range))
    if (replica.node == node) return &replica;
  return nullptr;
}

bool contains(std::span<const std::uint64_t> nodes, std::uint64_t node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::string node_text(std::uint64_t node) {
  char text[17];
  (void)std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(node));
  return text;
}

std::string count_text(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace tenon::balancer
