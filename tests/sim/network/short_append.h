#pragma once

#include <string>

#include "support/sim_random.h"

namespace tenon::sim {

// Of a body of PeerMessage::group that holds an append of replication-raft: leaves some of its first entries,
// or none, as a leader with other limits may have sent it. Others stay as they are.
void shorten_append(std::string& body, test::SimRandom& random);

}  // namespace tenon::sim
