#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::store {

// Whether `holds` is true of more than half of these; of none of them there is no majority.
template <class Holds>
bool is_majority(const std::vector<kv::NodeId>& nodes, Holds&& holds) {
  const auto count = std::count_if(nodes.begin(), nodes.end(), holds);
  return static_cast<std::size_t>(count) > nodes.size() / 2;
}

// Whether those of whom `holds` is true elect a leader: a majority of the voters and, in the middle of a
// change, of those who voted before it. Where nobody votes nobody is elected.
template <class Holds>
bool is_quorum(const kv::Members& members, Holds&& holds) {
  return is_majority(members.voters, holds) &&
         (members.outgoing.empty() || is_majority(members.outgoing, holds));
}

}  // namespace tenon::store
