#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kv/descriptor.h"

namespace tenon::sim {

// A node as the checker of routes sees it.
class RouteFollower {
 public:
  virtual std::uint32_t place() const = 0;
  virtual bool is_up() const = 0;
  // Counts its lives.
  virtual std::uint64_t incarnation() const = 0;
  // The route as this node's publishers find it, by its key in the store; empty: they don't. REQUIRES:
  // is_up().
  virtual std::optional<std::uint32_t> followed_route(const std::string& key) const = 0;
  // It has a replica of the range that takes part, and that has a state which is not being replaced.
  // REQUIRES: is_up().
  virtual bool has_whole_replica(const kv::RangeId& range) const = 0;
  // It has no replica of the range that takes part and has had a state: the one that will have asks only then
  // how far it has to come to have caught up. REQUIRES: is_up().
  virtual bool lacks_state(const kv::RangeId& range) const = 0;

 protected:
  ~RouteFollower() = default;
};

}  // namespace tenon::sim
