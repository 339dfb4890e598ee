#pragma once

#include <tenon/abi/async.h>

#include <cstdint>

namespace tenon::host {

// Who an operation belongs to: a worker, or the control thread.
constexpr std::uint32_t op_owner_max = (1u << 12) - 1;
constexpr std::uint32_t control_owner = op_owner_max;
constexpr std::uint32_t op_slot_max = (1u << 20) - 1;

// What the host keeps in the 64 bits of a tenon_op: the slot that holds the operation, the owner whose table
// it is in, and how often the slot had been used before. A token of a finished operation never matches its
// slot again (until 2^32 - 1 further uses of that slot).
struct OpToken {
  std::uint32_t generation = 0;  // from 1 on, so that no token is 0
  std::uint32_t owner = 0;       // 0 .. op_owner_max
  std::uint32_t slot = 0;        // 0 .. op_slot_max
};

constexpr tenon_op pack(OpToken t) {
  return (static_cast<tenon_op>(t.generation) << 32) | (static_cast<tenon_op>(t.owner) << 20) | t.slot;
}

constexpr OpToken unpack(tenon_op op) {
  return {static_cast<std::uint32_t>(op >> 32), static_cast<std::uint32_t>(op >> 20) & op_owner_max,
          static_cast<std::uint32_t>(op) & op_slot_max};
}

}  // namespace tenon::host
