#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "store/recovery/messages.h"

namespace tenon::store {

// What is known about a range that is said to have lost its majority.
struct RecoveryFacts {
  // Of each node that was asked and has answered; empty: nothing that could be used.
  std::map<NodeId, std::optional<HeldReplica>> answers;
  std::set<NodeId> silent;  // linked, and without an answer
};

struct RecoveryChoice {
  NodeId survivor = NodeId::none;  // whose log goes furthest
  HeldReplica held;
  std::uint64_t term = 0;       // the latest that anybody has heard of
  std::uint64_t committed = 0;  // the highest that anybody knows to be committed
  kv::Members members;          // the members that are there, and hold something
};

// Pure. Whose replica the range goes on with. busy, with the reason: it has a leader or a majority; or there
// is nobody who could go on; or it can't be told.
Result<RecoveryChoice> choose_survivor(const RecoveryFacts& facts);

}  // namespace tenon::store
