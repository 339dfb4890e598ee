#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "sim/faults/homecoming.h"
#include "sim/network/network.h"
#include "sim/node/sim_node.h"

namespace tenon::sim {

// What operators do when most of the nodes are lost for good, as far as they know: they have each range go on
// with what is left. Then those who were lost come back after all, in contact with the others or as a
// majority of their own for a while, and in the end everybody is a member of everything again. One at a time.
class RecoveryDrill {
 public:
  using Nodes = std::vector<std::unique_ptr<SimNode>>;
  // All outlive it.
  RecoveryDrill(World& world, Network& network, const Nodes& nodes);

  // Begins, unless one is under way. Those who are lost stay away for so long behind the recovery.
  void begin(std::int64_t away_ns);
  // No other one begins. What is under way goes on, without hindrance: everybody comes back in contact.
  void heal();
  // Everybody is a member of everything, as far as each node knows.
  bool is_over() const { return phase_ == Phase::none; }

 private:
  enum class Phase : std::uint8_t { none, lost, away, back };
  void look_later();
  void look();
  // Asks for the recovery of what has no leader at a node that is left. True: nothing is left to be asked
  // for.
  bool recover();
  void recover(SimNode& node, const kv::RangeId& range);
  void bring_back();
  void cut_off(bool is_cut);
  bool is_lost(const SimNode& node) const { return lost_.contains(node.place()); }

  World& world_;
  Network& network_;
  const Nodes& nodes_;
  test::SimRandom random_;
  Homecoming homecoming_;
  Phase phase_ = Phase::none;
  std::set<std::uint32_t> lost_;       // places
  std::set<std::uint64_t> recovered_;  // numbers of ranges
  std::set<kv::RangeId> asked_;        // and not yet answered
  std::int64_t away_ns_ = 0;
  MonoNs next_phase_ns_ = 0;
  bool is_cut_off_ = false;
  bool is_healed_ = false;
};

}  // namespace tenon::sim
