#pragma once

#include <cstddef>
#include <cstdint>

#include "algorithm/payload.h"

namespace tenon::raft {

// A node. Random 64 bits, bound to one data directory and never used for another: a node that lost its disk
// is a new one.
enum class NodeId : std::uint64_t { none = 0 };

// Numbers that Raft does arithmetic with: terms and log positions. Zero stands for "before the first".
using Term = std::uint64_t;
using Index = std::uint64_t;

// Which life of the group. A new one begins where Group::conclude() has ended the one before;
// replicas of different incarnations never count each other's messages.
using Incarnation = std::uint64_t;

enum class EntryKind : std::uint8_t {
  command = 0,        // a payload of propose()
  noop = 1,           // the first entry of every leader; its payload is empty
  configuration = 2,  // its payload is encode_configuration(); in force from the moment it is in the log
};

// One position of the log. `index` and `term` identify it: two entries that agree in both are the same entry
// (paper section 5.3, log matching).
struct Entry {
  Index index = 0;
  Term term = 0;
  EntryKind kind = EntryKind::command;
  Payload payload;

  friend bool operator==(const Entry&, const Entry&) = default;
};

// What an entry counts for in every byte limit here: its payload and a constant for its frame.
constexpr std::size_t entry_overhead_bytes = 24;
inline std::size_t size_of(const Entry& entry) {
  return entry.payload.size() + entry_overhead_bytes;
}

// What a replica must still know after a crash, beside its log (paper figure 2).
//
// `commit` may lag behind: it spares work at the start and safety does not rest on it.
struct HardState {
  Term term = 0;
  NodeId vote = NodeId::none;
  Index commit = 0;
  Incarnation incarnation = 0;

  friend bool operator==(const HardState&, const HardState&) = default;
};

}  // namespace tenon::raft
