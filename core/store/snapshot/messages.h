#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/request.h"

namespace tenon::store {

// What the two ends of a snapshot's way say to each other.
struct SnapshotMessage {
  // The numbers are on the wire.
  enum class Kind : std::uint8_t {
    chunk = 1,      // to the receiver: the chunk `number`; the first one is the offer
    wanted = 2,     // to the sender: all before `number` is there
    installed = 3,  // to the sender: the receiver holds the state up to the index `number`
    stale = 4,      // to the sender: the receiver is at the index `number` already, or leads
    failed = 5,     // to the sender: the receiver can't take it
  };
  Kind kind = Kind::failed;
  RangeId range;
  std::uint64_t transfer = 0;  // the sender's number of it, never 0
  std::uint64_t number = 0;
  std::string_view chunk;  // of kv::SnapshotWriter
};

//   u8 kind · range id · varint transfer · varint number · the chunk, to the end
std::string write_snapshot_message(const SnapshotMessage& message);
// Empty: it does not hold together, or is of a kind that this version does not know. A view of the body.
std::optional<SnapshotMessage> read_snapshot_message(std::string_view body);

}  // namespace tenon::store
