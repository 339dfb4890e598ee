#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/landscape.h"
#include "range-leader/options.h"

namespace tenon::range_leader {

using balancer::Landscape;
using balancer::Place;

// A range whose lead goes to another node.
struct Move {
  const tenon_balancer_range* range = nullptr;
  Place from = 0;
  Place to = 0;
};

// Which nodes lead how many ranges, of all stores, and which leads may go where. Moves count at once. Pure;
// the landscape outlives it.
class LeaderFlow {
 public:
  LeaderFlow(const Landscape& land, const Options& options);

  // The next moves that bring the counts nearer to each other: a chain that begins at a node with more than
  // its share, or than another that it can reach, and ends at one with less; most chains have one link.
  // Empty: they are as near as the ranges of the store let them come.
  std::vector<Move> next();
  // Carries it out in the counts.
  void take(const Move& move);
  // A range led by `from` that `to` may lead, whose load comes nearest to `load`; null: there is none.
  const tenon_balancer_range* pick(Place from, Place to, std::uint64_t load) const;

  // Whether any range that it leads may be led by another, and one of another by it.
  bool may_give(Place from) const;
  bool may_get(Place to) const;

  // That can lead, or do.
  const std::vector<Place>& nodes() const { return able_; }
  std::uint64_t count(Place place) const { return nodes_[place].count; }
  std::uint64_t load(Place place) const { return nodes_[place].load; }
  std::uint64_t even_min() const { return able_.empty() ? 0 : total_ / able_.size(); }
  std::uint64_t even_max() const { return able_.empty() ? 0 : (total_ + able_.size() - 1) / able_.size(); }
  std::size_t lagging() const { return lagging_; }

 private:
  struct Node {
    std::uint64_t count = 0;
    std::uint64_t load = 0;
    bool is_able = false;  // votes somewhere, is there, and has been for long enough
    std::vector<std::vector<const tenon_balancer_range*>> may_go;  // by the place that may lead them
  };
  bool may_lead(const tenon_balancer_range& range, std::uint64_t node);
  void add_edges(const tenon_balancer_range& range, Place leader);
  std::vector<Place> chain(bool is_above, bool is_below_least) const;
  std::vector<Place> chain_down() const;
  std::vector<Place> fullest_first(std::vector<Place> places) const;
  std::vector<Place> nearest(const std::vector<Place>& starts, std::uint64_t most) const;
  std::vector<Move> moves_of(const std::vector<Place>& chain) const;

  const Landscape& land_;
  const Options& options_;
  std::vector<Node> nodes_;
  std::vector<Place> able_;
  std::uint64_t total_ = 0;  // ranges that able nodes lead
  std::size_t lagging_ = 0;  // voters that lack too much
};

}  // namespace tenon::range_leader
