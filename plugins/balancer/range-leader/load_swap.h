#pragma once

#include <vector>

#include "range-leader/leader_flow.h"

namespace tenon::range_leader {

// Where all nodes lead as many ranges within one: the next moves that bring the loads of the node that has
// most for its cores, of those that can give any, and of the one that has least nearer to each other, without
// the counts getting further apart: one leader that moves, or two that are exchanged. Empty: loads differ by
// less than the options say, or nothing helps. Pure.
std::vector<Move> next_for_load(const Landscape& land, const LeaderFlow& flow, const Options& options);

}  // namespace tenon::range_leader
