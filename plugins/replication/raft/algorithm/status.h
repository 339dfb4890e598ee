#pragma once

#include <cstdint>
#include <vector>

#include "algorithm/ready.h"
#include "algorithm/types.h"

namespace tenon::raft {

// How a leader sends to a peer.
enum class ProgressState : std::uint8_t {
  probe,      // one append at a time, to find where the logs agree
  replicate,  // a stream of appends, as far as the limits let it
  snapshot,   // none: the peer needs a snapshot first
};

// One peer, seen by the leader.
struct PeerStatus {
  NodeId node = NodeId::none;
  ProgressState state = ProgressState::probe;
  Index match = 0;  // what it has durably
  Index next = 0;
  bool active = false;  // heard of since the last check of the quorum
  bool caught_up = false;
  bool voter = false;
};

struct Status {
  NodeId self = NodeId::none;
  SoftState soft;
  HardState hard;  // in memory; the durable one may lag behind
  Index first = 0;
  Index last = 0;
  Term last_term = 0;
  Index persisted = 0;  // entries up to here are durable
  Index applied = 0;
  std::size_t uncommitted_bytes = 0;  // of the leader's proposals
  NodeId transferee = NodeId::none;
  Configuration configuration;  // in force
  bool configuration_committed = false;
  std::vector<PeerStatus> peers;  // the leader's view, itself included; empty elsewhere
};

}  // namespace tenon::raft
