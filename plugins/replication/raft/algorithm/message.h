#pragma once

#include <cstdint>
#include <vector>

#include "algorithm/configuration.h"
#include "algorithm/types.h"

namespace tenon::raft {

// The numbers are part of the wire format and never used again for something else.
enum class MessageType : std::uint8_t {
  pre_vote = 1,  // would you vote for me? changes nothing at the receiver (dissertation 9.6)
  pre_vote_response = 2,
  vote = 3,
  vote_response = 4,
  append = 5,
  append_response = 6,
  heartbeat = 7,
  heartbeat_response = 8,
  snapshot = 9,      // an offer: the receiver's owner fetches the state itself (Ready::install)
  timeout_now = 10,  // campaign at once (dissertation 3.10)
  read_index = 11,   // a follower asks for a read index (dissertation 6.4)
  read_index_response = 12,
};

// What one replica says to another. The frame around it (cluster, range, format version, checksum) is the
// owner's.
//
// A message may be lost, doubled, delayed or reordered; it must not be altered, nor come from another node
// than `from`. Which fields have a meaning depends on the type; the others are zero and may be left out on
// the wire:
//
//   pre_vote, vote        index, log_term: the candidate's last entry · force: sent on a leader's behest
//   ..._response          reject
//   append                index, log_term: the entry before `entries` · commit · entries
//   append_response       index: the last entry known to be the sender's too; with reject the `index` of the
//                         append, and hint, log_term: the last entry where the logs may still agree; with
//                         reject and installing: the sender takes a snapshot only
//   heartbeat             commit: never beyond what the receiver acknowledged · context: the round ·
//                         with quiesce also index, log_term: the leader's last entry
//   heartbeat_response    context: the round · installing: a snapshot is being installed
//   snapshot              snapshot
//   timeout_now           nothing
//   read_index            context: the asker's own number
//   read_index_response   context · index: the read index · reject: ask again later
struct Message {
  MessageType type = MessageType::heartbeat;
  NodeId from = NodeId::none;
  NodeId to = NodeId::none;
  Incarnation incarnation = 0;
  Term term = 0;  // the sender's; of a pre_vote the term it would campaign in
  Index index = 0;
  Term log_term = 0;
  Index commit = 0;
  Index hint = 0;
  std::uint64_t context = 0;
  bool reject = false;
  bool force = false;
  bool quiesce = false;
  bool installing = false;
  std::vector<Entry> entries;  // consecutive, the first at index + 1
  SnapshotMeta snapshot;

  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace tenon::raft
