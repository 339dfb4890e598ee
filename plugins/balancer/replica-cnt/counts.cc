#include "replica-cnt/counts.h"

#include <algorithm>
#include <tuple>

namespace tenon::replica_cnt {

using balancer::contains;
using balancer::learners_of;
using balancer::load_of;
using balancer::voters_of;

Counts::Counts(const Landscape& land) : land_(land), nodes_(land.node_count()) {
  for (Place place = 0; place < nodes_.size(); ++place) {
    if (!land.takes(place)) continue;
    ++takers_;
    if (const auto zone = sdk::text_of(land.node(place).zone); !zone.empty()) zones_.insert(zone);
  }
  for (const tenon_balancer_range& range : land.view().ranges()) {
    for (const auto members : {voters_of(range), learners_of(range)})
      for (const std::uint64_t node : members)
        if (const auto place = land.find(node)) ++nodes_[*place].replicas;
    if (const auto leader = land.find(range.leader)) nodes_[*leader].load += load_of(range);
    if (range.store != land.view().store()) continue;
    for (const std::uint64_t node : voters_of(range)) change(node, 1);
  }
}

void Counts::change(std::uint64_t node, int by) {
  const auto place = land_.find(node);
  if (!place) return;
  nodes_[*place].voters += static_cast<std::uint64_t>(by);
  if (land_.takes(*place)) total_ += static_cast<std::uint64_t>(by);
}

std::string_view Counts::zone_of(std::uint64_t node) const {
  const auto place = land_.find(node);
  return place ? sdk::text_of(land_.node(*place).zone) : std::string_view();
}

std::size_t Counts::zones_of(std::span<const std::uint64_t> voters) const {
  std::set<std::string_view> zones;
  for (const std::uint64_t node : voters)
    if (const auto zone = zone_of(node); !zone.empty()) zones.insert(zone);
  return zones.size();
}

bool Counts::is_before(Place a, Place b) const {
  const auto key = [this](Place place) {
    const Node& node = nodes_[place];
    const std::uint64_t cores = std::max(land_.node(place).cores, 1u);
    return std::tuple(node.voters, node.replicas, node.load / cores, place);
  };
  return key(a) < key(b);
}

std::optional<Place> Counts::next(std::span<const std::uint64_t> voters,
                                  std::span<const std::uint64_t> excluded, bool by_zone) const {
  std::set<std::string_view> taken;
  if (by_zone)
    for (const std::uint64_t node : voters) taken.insert(zone_of(node));
  const auto is_new_zone = [&](Place place) {
    const auto zone = sdk::text_of(land_.node(place).zone);
    return by_zone && !zone.empty() && !taken.contains(zone);
  };
  std::optional<Place> best;
  for (Place place = 0; place < nodes_.size(); ++place) {
    const std::uint64_t id = land_.node(place).id;
    if (!land_.takes(place) || contains(voters, id) || contains(excluded, id)) continue;
    if (!best || (is_new_zone(place) != is_new_zone(*best) ? is_new_zone(place) : is_before(place, *best)))
      best = place;
  }
  return best;
}

}  // namespace tenon::replica_cnt
