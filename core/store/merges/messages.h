#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/request.h"

namespace tenon::store {

// What the members of two neighbouring ranges say to each other about their merge: see kv/reshape/merge.h.
struct MergeMessage {
  // The numbers are on the wire.
  enum class Kind : std::uint8_t {
    prepare = 1,  // from the left range's leader, to all members: make ready for it
    ready = 2,    // to the left range's leader: here stand both; `record` is the right one's
    ask = 3,      // from who has the right range frozen, to all nodes: what became of it?
    fate = 4,     // the answer, when it is decided
  };
  Kind kind = Kind::ask;
  RangeId left;
  std::uint32_t epoch = 0;  // the left range's boundary epoch that it is about
  RangeId right;
  kv::Epoch right_epoch;  // of prepare
  // Of prepare: the right range is to be frozen; of ready: it is, on the node's disk.
  bool may_freeze = false;
  std::string record;        // of ready: a kv::RangeRecord
  bool is_absorbed = false;  // of fate; else it was called off
};

//   u8 kind · range id · varint epoch · range id · and of
//   prepare  varint boundary epoch · varint members epoch · u8 may freeze
//   ready    u8 may freeze · bytes record
//   fate     u8 is absorbed
std::string write_merge_message(const MergeMessage& message);
// Empty: it does not hold together, or is of a kind that this version does not know.
std::optional<MergeMessage> read_merge_message(std::string_view body);

}  // namespace tenon::store
