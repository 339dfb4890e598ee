#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replica-cnt/counts.h"
#include "replica-cnt/options.h"

namespace tenon::replica_cnt {

// What one range lacks.
struct Repair {
  std::optional<sdk::BalancerCommand> command;  // towards as many sound replicas as there should be
  std::int64_t await_ms = 0;                    // a member's grace ends then; 0: nobody is waited for
};

// How many replicas the ranges of the store are to have.
struct Wanted {
  std::size_t voters = 3;
  std::int32_t learners = 0;  // -1: all other nodes
};

// Compares the members of a range with what should be: who is gone for longer than the grace, or takes no
// replicas any more, is replaced; voters are added up to an odd number; too many are taken out. Who leads is
// moved away first. REQUIRES: the range has a leader and is not busy. `counts` takes in what is planned.
// Pure.
Repair repair(const Landscape& land, const tenon_balancer_range& range, const Wanted& wanted,
              const Options& options, Counts& counts);

// A command to lead for the voter that is best for it and none of `excluded`; empty: nobody can.
std::optional<sdk::BalancerCommand> hand_over(const Landscape& land, const tenon_balancer_range& range,
                                              std::span<const std::uint64_t> excluded, std::string reason);

}  // namespace tenon::replica_cnt
