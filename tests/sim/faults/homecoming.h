#pragma once

#include <memory>
#include <vector>

#include "sim/node/sim_node.h"

namespace tenon::sim {

// Orders, again and again, that all nodes are members of all ranges.
class Homecoming {
 public:
  using Nodes = std::vector<std::unique_ptr<SimNode>>;
  // All outlive it.
  Homecoming(World& world, const Nodes& nodes, test::SimRandom& random);

  // True: they are, as far as any node knows.
  bool step();

 private:
  World& world_;
  const Nodes& nodes_;
  test::SimRandom& random_;
  MonoNs ordered_ns_ = 0;
};

}  // namespace tenon::sim
