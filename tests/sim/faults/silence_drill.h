#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "sim/faults/homecoming.h"
#include "sim/network/network.h"
#include "sim/node/sim_node.h"

namespace tenon::sim {

// A minority of the nodes is cut off, and has each range go on with what it holds, on nothing but silence.
// For a while both sides serve. Then the cut moves, now and then, so that one of the majority sees the
// minority and nobody else, or some of the majority die; and at last all is whole again. What is provisional
// long behind that, people confirm. In the end everybody is a member of everything. One at a time.
class SilenceDrill {
 public:
  using Nodes = std::vector<std::unique_ptr<SimNode>>;
  // All outlive it.
  SilenceDrill(World& world, Network& network, const Nodes& nodes);

  // Begins, unless one is under way. Both sides serve for so long.
  void begin(std::int64_t away_ns);
  // No other one begins. What is under way goes on, in a world that is whole.
  void heal();
  bool is_over() const { return phase_ == Phase::none; }

 private:
  enum class Phase : std::uint8_t { none, cut, away, moved, back };
  void look_later();
  void look();
  void go_on_to(Phase phase, std::int64_t for_ns);
  // Asks for the recovery of what has no leader there. True: nothing is left to be asked for.
  bool recover();
  void recover(SimNode& node, const kv::RangeId& range, bool by_silence);
  void move();
  void confirm();
  bool is_recovering() const;
  bool is_any_provisional() const;
  void cut(const std::set<std::uint32_t>& side);
  void mend();

  World& world_;
  Network& network_;
  const Nodes& nodes_;
  test::SimRandom random_;
  Homecoming homecoming_;
  Phase phase_ = Phase::none;
  std::set<std::uint32_t> side_;       // places of the minority
  std::set<std::uint64_t> recovered_;  // numbers of ranges
  std::set<kv::RangeId> asked_;        // and not yet answered
  std::set<std::pair<std::uint32_t, std::uint32_t>> blocked_;
  std::int64_t away_ns_ = 0;
  MonoNs next_phase_ns_ = 0;
  bool is_healed_ = false;
};

}  // namespace tenon::sim
