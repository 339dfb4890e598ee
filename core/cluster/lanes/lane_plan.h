#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "cluster/wire/frame.h"

namespace tenon::cluster {

// How the lanes of messages share a link. The rows stand in the order of their haste.
struct LanePlan {
  Lane lane;
  std::string_view name;
  // Of what the link can carry while several lanes have something to send: this part of the sum of theirs.
  std::uint32_t weight;
  // What the other side may have sent and this one has not worked off; 0: no bound. It bounds as well what
  // stands in buffers of the network before a message of a lane that hurries more.
  std::size_t window_bytes;
};

inline constexpr std::size_t lane_window_bytes = 1u << 20;
inline constexpr std::array<LanePlan, 5> lane_plans = {{
    {Lane::messages, "messages", 64, 0},  // all of them, to a node that knows no other lanes
    {Lane::groups, "groups", 64, 0},
    {Lane::requests, "requests", 16, 0},
    {Lane::deliveries, "deliveries", 4, lane_window_bytes},
    {Lane::snapshots, "snapshots", 1, lane_window_bytes},
}};
inline constexpr std::size_t lane_count = lane_plans.size();

// Whether messages go on the lane; of one that a frame may name, but does not exist, they do not.
constexpr bool carries_messages(Lane lane) {
  return lane >= Lane::messages && static_cast<std::size_t>(lane) <= lane_count;
}
// Whether the lane is one of a link of this version or a newer one that is cut into frames.
constexpr bool is_cut(Lane lane) {
  return carries_messages(lane) && lane != Lane::messages;
}
// REQUIRES: carries_messages(lane).
constexpr std::size_t index_of(Lane lane) {
  return static_cast<std::size_t>(lane) - 1;
}
constexpr const LanePlan& plan_of(Lane lane) {
  return lane_plans[index_of(lane)];
}

// One for each lane, as lane_plans, made of its lane and the rest.
template <class OfLane, class... Rest>
std::array<OfLane, lane_count> one_per_lane(const Rest&... rest) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<OfLane, lane_count>{OfLane(lane_plans[I].lane, rest...)...};
  }
  (std::make_index_sequence<lane_count>());
}

}  // namespace tenon::cluster
