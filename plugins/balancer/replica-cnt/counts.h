#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "common/landscape.h"

namespace tenon::replica_cnt {

using balancer::Landscape;
using balancer::Place;

// How many replicas each node has, of the store that is planned for and of all, and who comes next. Moves
// that are planned count at once. Pure.
class Counts {
 public:
  explicit Counts(const Landscape& land);

  std::uint64_t voters(Place place) const { return nodes_[place].voters; }
  // A voter more at one node, a voter less at another.
  void add(std::uint64_t node) { change(node, 1); }
  void remove(std::uint64_t node) { change(node, -1); }

  // Of the nodes that take replicas: as many as each has at least and at most, when they are spread.
  std::uint64_t even_min() const { return takers_ == 0 ? 0 : total_ / takers_; }
  std::uint64_t even_max() const { return takers_ == 0 ? 0 : (total_ + takers_ - 1) / takers_; }
  std::size_t takers() const { return takers_; }

  // The node that takes replicas, is none of `members`, and should have the next one: in a zone without a
  // voter if there is one and zones count, then with the fewest voters, then the fewest replicas and the
  // least load for its cores. Empty: there is none.
  std::optional<Place> next(std::span<const std::uint64_t> voters, std::span<const std::uint64_t> excluded,
                            bool by_zone) const;
  // How many zones the voters are in. A node that states none is in none.
  std::size_t zones_of(std::span<const std::uint64_t> voters) const;
  std::string_view zone_of(std::uint64_t node) const;
  // Of nodes that take replicas.
  std::size_t zone_count() const { return zones_.size(); }

 private:
  struct Node {
    std::uint64_t voters = 0;
    std::uint64_t replicas = 0;  // of all stores
    std::uint64_t load = 0;      // of ranges that it leads
  };
  void change(std::uint64_t node, int by);
  bool is_before(Place a, Place b) const;

  const Landscape& land_;
  std::vector<Node> nodes_;
  std::set<std::string_view> zones_;
  std::uint64_t total_ = 0;  // voters on nodes that take replicas
  std::size_t takers_ = 0;
};

}  // namespace tenon::replica_cnt
