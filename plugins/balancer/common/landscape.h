#pragma once

#include <tenon/kind/balancer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::balancer {

// Nodes of a view by their places in it: 0 is the node with the lowest id.
using Place = std::size_t;

// A view with the questions that strategies ask of it. Pure; the view outlives it.
class Landscape {
 public:
  explicit Landscape(const sdk::BalancerView& view);

  const sdk::BalancerView& view() const { return view_; }
  std::size_t node_count() const { return nodes_.size(); }
  const tenon_balancer_node& node(Place place) const { return nodes_[place]; }
  // Empty: the view has no such node.
  std::optional<Place> find(std::uint64_t id) const;

  bool is_alive(std::uint64_t id) const;
  // Since when it is gone; empty: it is not. One that the view does not have, or of which an operator says
  // that it does not come back, is gone for ever.
  std::optional<std::int64_t> gone_for_ms(std::uint64_t id) const;
  // It is alive and takes further replicas of the store that is planned for.
  bool takes(Place place) const { return takes_[place]; }
  bool is_taker(std::uint64_t id) const;
  // It is alive, and its replicas are to go: it takes none of the store, or an operator empties it.
  bool declines(std::uint64_t id) const;
  // An operator wants it to lead nothing and to get nothing.
  bool is_drained(Place place) const { return (nodes_[place].flags & TENON_NODE_DRAINING) != 0; }
  // An operator wants its replicas, learners too, to be with others.
  bool is_emptied(std::uint64_t id) const;
  // It is gone, and an operator says that it does not come back.
  bool is_removed(std::uint64_t id) const;

 private:
  const sdk::BalancerView& view_;
  std::span<const tenon_balancer_node> nodes_;
  std::vector<bool> takes_;
};

inline std::span<const std::uint64_t> voters_of(const tenon_balancer_range& range) {
  return {range.voters, range.voter_count};
}
inline std::span<const std::uint64_t> learners_of(const tenon_balancer_range& range) {
  return {range.learners, range.learner_count};
}
inline std::span<const tenon_balancer_replica> replicas_of(const tenon_balancer_range& range) {
  return {range.replicas, static_cast<std::size_t>(range.replica_count)};
}
// Null: its node has not told.
const tenon_balancer_replica* replica_at(const tenon_balancer_range& range, std::uint64_t node);
bool contains(std::span<const std::uint64_t> nodes, std::uint64_t node);

// Nothing may be asked of it now.
inline bool is_busy(const tenon_balancer_range& range) {
  return (range.flags & TENON_RANGE_BUSY) != 0 || range.outgoing_count != 0;
}
// What it has to do, in bytes each second; a command costs as much as 256 of them.
inline std::uint64_t load_of(const tenon_balancer_range& range) {
  return range.commands_per_s * 256 + range.bytes_per_s;
}

// Sixteen hexadecimal digits.
std::string node_text(std::uint64_t node);
// "1 range", "2 ranges"
std::string count_text(std::size_t count, std::string_view noun);

}  // namespace tenon::balancer
