#pragma once

#include <cstdint>

#include "session/message.h"

namespace tenon::routing {

using session::ReceiverKey;

// How a ReceiverKey is built. Keys of connections sort by worker, those of nodes and then of inboxes behind
// them all.
//
//   connection   0 | worker (15 bits, not all of them 1) | slot (24) | generation (24)
//   node         0 | all 1 (15) | slot (48): another node, which hands messages to connections of its own
//   inbox        1 | number (63)

struct ConnectionAddress {
  std::uint32_t worker = 0;      // below 2^15 - 1
  std::uint32_t slot = 0;        // below 2^24
  std::uint32_t generation = 0;  // below 2^24; tells apart those who had the slot one after another
};

constexpr std::uint32_t slot_limit = 1u << 24;
constexpr std::uint32_t generation_mask = slot_limit - 1;
constexpr std::uint64_t inbox_bit = std::uint64_t{1} << 63;

constexpr ReceiverKey key_of(const ConnectionAddress& address) {
  return ReceiverKey{static_cast<std::uint64_t>(address.worker) << 48 |
                     static_cast<std::uint64_t>(address.slot) << 24 | address.generation};
}
constexpr ReceiverKey key_of_inbox(std::uint64_t number) {
  return ReceiverKey{inbox_bit | number};
}

// Names another node, as this run of this one counts them.
enum class NodeSlot : std::uint32_t {};

constexpr std::uint64_t node_bits = std::uint64_t{0x7fff} << 48;

constexpr ReceiverKey key_of(NodeSlot slot) {
  return ReceiverKey{node_bits | static_cast<std::uint64_t>(slot)};
}
constexpr bool is_node(ReceiverKey key) {
  return static_cast<std::uint64_t>(key) >> 48 == 0x7fff;
}
constexpr NodeSlot slot_of(ReceiverKey key) {
  return NodeSlot{static_cast<std::uint32_t>(key)};
}

constexpr bool is_inbox(ReceiverKey key) {
  return (static_cast<std::uint64_t>(key) & inbox_bit) != 0;
}
constexpr std::uint64_t inbox_number(ReceiverKey key) {
  return static_cast<std::uint64_t>(key) & ~inbox_bit;
}
constexpr ConnectionAddress address_of(ReceiverKey key) {
  const auto bits = static_cast<std::uint64_t>(key);
  return {static_cast<std::uint32_t>(bits >> 48), static_cast<std::uint32_t>(bits >> 24) & generation_mask,
          static_cast<std::uint32_t>(bits) & generation_mask};
}

}  // namespace tenon::routing
