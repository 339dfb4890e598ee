#pragma once

#include <cstdint>
#include <string>

#include "kv/command_versions.h"
#include "store/request.h"

namespace tenon::store {

// What goes between the store threads of two nodes. The numbers are on the wire.
enum class PeerMessage : std::uint8_t {
  group = 1,    // of a replication plugin, for one group
  request = 2,  // for the leader of a range
  answer = 3,
  notice = 4,     // of a machine, for a node
  ranges = 5,     // which ranges there are, and who holds them: what a node says when a link to it opens
  snapshot = 6,   // a range's state on its way, and what its receiver says to that
  range = 7,      // one of these ranges has changed
  members = 8,    // about who has a replica of a range: members/messages.h
  merge = 9,      // about two ranges that become one: merges/messages.h
  recovery = 10,  // about ranges that have lost their majority: recovery/messages.h
  facts = 12,     // what a node has, for the node that plans: balance/facts.h; not for the store thread
  links = 13,     // whom a node is linked to: links/reach.h
};

// What a node says of itself with a link.
struct PeerStart {
  std::uint64_t number = 0;  // grows with each start of the node; 0: not known
  kv::CommandVersions commands;
};

// The way to other nodes. What is handed over arrives once, late or never. While the link holds, messages to
// one node keep their order: those of groups, those with states, and all others, each among themselves.
class PeerPort {
 public:
  virtual void send(NodeId to, PeerMessage kind, std::string&& body) = 0;

 protected:
  ~PeerPort() = default;
};

}  // namespace tenon::store
