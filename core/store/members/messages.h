#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/request.h"

namespace tenon::store {

// What the leader of a range and the nodes that have, should have or had a replica of it say to each other.
//
// Each carries the epoch of members that it speaks of, so that one that comes late is known as such: see
// OwnReplicas.
struct MemberMessage {
  // The numbers are on the wire.
  enum class Kind : std::uint8_t {
    open = 1,     // from the leader: open an empty replica; the range consists of `descriptor`, without you
    opened = 2,   // to the leader: an empty replica is open since `epoch`
    gone = 3,     // from the leader: at `epoch` you were no member
    lost = 4,     // to the leader: this node has no replica of the range that could be used
    ask = 5,      // to the leader: am I a member?
    settled = 6,  // from the leader: what you had before you lost it need not be restored further
  };
  Kind kind = Kind::ask;
  RangeId range;
  std::uint32_t epoch = 0;      // of members
  bool was_lost = false;        // of open and opened: the replica stands for one that was lost
  kv::Descriptor descriptor{};  // of open
};

//   u8 kind · range id · varint epoch · u8 was_lost · with open the descriptor
std::string write_member_message(const MemberMessage& message);
// Empty: it does not hold together, or is of a kind that this version does not know.
std::optional<MemberMessage> read_member_message(std::string_view body);

}  // namespace tenon::store
