#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::sim {

// What can go wrong, and the words for it in workloads.
enum class FaultKind : std::uint8_t {
  kill,            // a node's process ends and comes back
  power_cut,       // a node loses what was not synced, and comes back
  torn_write,      // the same, in the middle of a write of its journal
  blackout,        // all nodes lose power at once
  pause,           // a node does nothing for a while
  partition,       // the nodes are two parties that don't hear each other
  one_way,         // one node does not hear another one
  link_break,      // a link goes down and comes up again
  slow_network,    // everything takes ten times as long
  slow_disk,       // a node's journal takes twenty times as long
  disk_full,       // a node's disk takes no more
  sync_error,      // a sync of a node fails, once
  write_error,     // a write of a node fails, once
  date_jump,       // a node's date is wrong by up to an hour, and right again
  drift,           // a node's clocks run up to a thousandth too fast or too slow
  strike_leader,   // a leader loses power in the moment in which it sends out entries, or has just written
                   // them
  strike_voter,    // a node loses power when it has just written down its vote or term
  transfer,        // a leader is told to hand its lead to another node
  change_members,  // some nodes of a group become voters, others learners
  strike_change,   // a leader that has just written a change of members is cut off, and loses power
  read_points,     // each group of a node asks for points for reads, one shortly after another
  damage_journal,  // a node's process ends, and a byte of its journal is another one when it comes back
  lose_majority,   // most nodes are lost; the ranges are recovered without them, and they come back
  split,           // a range is ordered to be cut in two, at any node
  merge,           // a range is ordered to absorb its right neighbour, at any node
  silence,         // a minority is cut off and recovers the ranges on nothing but silence; then all is whole
};

std::string_view to_string(FaultKind kind);
// False: there is no such word.
bool from_string(std::string_view word, FaultKind& ret_kind);

// How often, on average, and for how long.
struct FaultRate {
  FaultKind kind = FaultKind::kill;
  std::int64_t every_ns = 0;
  std::int64_t for_min_ns = 0;
  std::int64_t for_max_ns = 0;
};
using FaultTable = std::vector<FaultRate>;

}  // namespace tenon::sim
