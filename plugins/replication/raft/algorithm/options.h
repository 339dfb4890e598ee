#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "algorithm/types.h"

namespace tenon::raft {

// How one replica behaves. Time is counted in ticks, whose length is the owner's affair; election_ticks
// should be ten or more times a round trip with its two disk writes.
struct Options {
  NodeId self = NodeId::none;

  // What the random source begins with. Must differ between replicas, and between two lives of a process: it
  // also makes the numbers that tell an answer to a read from one that was meant for an earlier life.
  std::uint64_t seed = 0;

  // The same at all members of a group, and another one elsewhere: who stands first when the leader's node is
  // gone.
  std::uint64_t group_salt = 0;

  std::uint32_t heartbeat_ticks = 1;
  std::uint32_t election_ticks = 10;  // a follower waits election_ticks to 2 * election_ticks - 1

  // A leader that has heard from no majority for election_ticks steps down, and who hears from a leader
  // refuses votes.
  bool check_quorum = true;
  bool pre_vote = true;

  // Answers reads without a round of heartbeats while a majority answered one less than election_ticks ago.
  // Rests on ticks of about equal length on all nodes; a transfer ends the lease. Needs check_quorum on all
  // replicas.
  bool lease_reads = false;

  std::size_t message_bytes_max = 256 * 1024;  // of entries in one append; a larger entry travels alone
  std::size_t inflight_count_max = 64;         // appends to one peer that are not answered
  std::size_t inflight_bytes_max = 4 << 20;    // their entries; one append is let through always
  std::size_t uncommitted_bytes_max = 16
                                      << 20;  // of the leader's proposals; one proposal is let through always
  std::size_t committed_bytes_max = 1 << 20;  // of entries to apply in one Ready
  std::size_t tail_bytes_max =
      4 << 20;  // of entries kept in memory though durable, as they wait to be applied

  std::uint32_t snapshot_ticks_max =
      100;                                // without a sign of a snapshot's receiver, before it is probed anew
  std::uint32_t transfer_ticks_max = 10;  // of a leadership transfer, before proposals are accepted again

  // A leader whose disk takes so long for what a majority has on its own gives the lead away, and none is
  // given to a voter that is as far behind; 0: no disk is too slow.
  std::uint32_t slow_disk_ticks = 0;

  // Ticks without anything to do before a group falls asleep; 0: never.
  std::uint32_t quiesce_ticks = 0;

  // A learner is caught up when at most this many entries separate it from the leader's last.
  std::uint64_t catch_up_entries_max = 1000;
};

// Empty when the options make sense, else what is wrong with them, as a sentence without a full stop.
std::string_view why_invalid(const Options& options);

}  // namespace tenon::raft
