#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/checkers/inbox_checker.h"
#include "sim/node/sim_node.h"
#include "sim/world/world.h"

namespace tenon::sim {

// What the clients of a simulation share.
struct ClientWorld {
  World& world;
  const std::vector<std::unique_ptr<SimNode>>& nodes;
  InboxChecker& checker;
  // The inboxes that publishers know of, as the routes of persistent sessions would tell them: the newest
  // number that was acknowledged, by client.
  std::map<std::uint32_t, std::uint64_t> inboxes;
  bool is_closing = false;  // publishers stop, sessions are fetched to their end

  // A node that is up, by chance; null: none is.
  SimNode* any_node(test::SimRandom& random) const {
    std::vector<SimNode*> up;
    for (const auto& node : nodes)
      if (node->is_up()) up.push_back(node.get());
    return up.empty() ? nullptr : up[random.below(up.size())];
  }
};

inline std::string client_id_of(std::uint32_t client) {
  return "client-" + std::to_string(client);
}

}  // namespace tenon::sim
