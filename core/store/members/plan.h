#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "store/request.h"

namespace tenon::store {

// What members the ranges of a store should have.
struct MemberPolicy {
  std::uint32_t voters = 3;
  bool all_learn = false;  // every node that is no voter is a learner, but for these:
  std::set<NodeId> excluded = {};

  friend bool operator==(const MemberPolicy&, const MemberPolicy&) = default;
};

// An empty replica of a node that is no member yet, or one that is.
struct OpenedReplica {
  std::uint32_t epoch = 0;
  bool was_lost = false;
};

// What the leader of a range knows, when no change of members is under way and all that is committed is
// applied here.
struct MemberFacts {
  NodeId self = NodeId::none;
  kv::Members members;
  std::uint32_t epoch = 0;  // of members
  MemberPolicy policy;
  std::set<NodeId> up;    // other nodes that this one is linked to
  std::set<NodeId> lost;  // nodes that have said that their replica can't be used
  std::map<NodeId, OpenedReplica> opened;
  std::optional<kv::Members> order;  // who is to be in it; `outgoing` is empty
};

// The next step towards what should be. Empty: there is nothing to do, or not yet.
struct MemberStep {
  std::vector<NodeId> to_open;        // nodes that are to open an empty replica
  std::optional<kv::Members> change;  // to these; `outgoing` is empty

  friend bool operator==(const MemberStep&, const MemberStep&) = default;
};

// Pure. The rules, first to last:
//   - a member that lost its replica is taken out, if the others that are there are enough to decide it:
//     before it is out, nothing may stand in for what it forgot
//   - nodes that should be members and are none open an empty replica, and become learners as one change, at
//     the epoch behind that at which they opened it
//   - then the order is carried out, if there is one
//   - else a replica that stands for one that was lost votes again where voters are missing
// Without an order nobody is taken out who did not lose his replica.
MemberStep plan_members(const MemberFacts& facts);

// There is an order, and the range is as it says.
bool is_fulfilled(const MemberFacts& facts);

bool is_member(const kv::Members& members, NodeId node);

}  // namespace tenon::store
