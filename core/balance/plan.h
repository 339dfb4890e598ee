#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::balance {

using kv::NodeId;

// Another voter is to lead.
struct Transfer {
  NodeId to = NodeId::none;

  friend bool operator==(const Transfer&, const Transfer&) = default;
};

// Empty key: the leader finds one.
struct Split {
  std::string key;
  bool by_load = false;

  friend bool operator==(const Split&, const Split&) = default;
};

// The range is to consist of these.
struct Members {
  std::vector<NodeId> voters;
  std::vector<NodeId> learners;

  friend bool operator==(const Members&, const Members&) = default;
};

// With the range that begins where this one ends.
struct Merge {
  std::uint64_t other = 0;
  kv::Epoch other_epoch;

  friend bool operator==(const Merge&, const Merge&) = default;
};

// A range without a leader is to go on with these alone, although they are no majority.
struct Recover {
  std::vector<NodeId> voters;
  // There is evidence against each that is missing; else they are silent for long, and the range is
  // provisional.
  bool has_proof = false;

  friend bool operator==(const Recover&, const Recover&) = default;
};

// Of a kind that this version does not know.
struct Unknown {
  std::uint32_t kind = 0;

  friend bool operator==(const Unknown&, const Unknown&) = default;
};

struct Command {
  std::uint64_t range = 0;
  kv::Epoch epoch;  // of the range, as the strategy saw it
  std::variant<Transfer, Split, Members, Merge, Recover, Unknown> what;
  std::uint64_t cost_bytes = 0;  // about what is copied between nodes
  std::string reason;            // for people

  friend bool operator==(const Command&, const Command&) = default;
};

struct Plan {
  std::vector<Command> commands;  // most urgent first
  std::int64_t await_ms = 0;      // something may be due after this; 0: with the next view that differs
  std::string reason;
  std::string memo;

  friend bool operator==(const Plan&, const Plan&) = default;
};

// "transfer": a word for metrics and lists.
std::string_view kind_of(const Command& command);
// "transfer to 00000000000000a1"
std::string describe(const Command& command);
// Sixteen hexadecimal digits.
std::string describe(NodeId node);

}  // namespace tenon::balance
