#pragma once

#include <optional>
#include <vector>

#include "replica-cnt/counts.h"
#include "replica-cnt/options.h"
#include "replica-cnt/repair.h"

namespace tenon::replica_cnt {

// Moves voters of sound ranges: first into zones in which a range has none, then from nodes with more than
// their share to nodes with less, until all have as many within one. Never who leads: where only leaders are
// left to move, another voter is to lead first. At most options.moves_max commands. Pure.
std::vector<sdk::BalancerCommand> spread(const Landscape& land, const Wanted& wanted, const Options& options,
                                         Counts& counts);

}  // namespace tenon::replica_cnt
