#pragma once

#include <cstdint>
#include <span>

#include "load/wire/byte_order.h"

namespace tenon::load {

// The first bytes of a payload say where it came from: stream (4 bytes), sequence (4), and, when there is
// room, the time of sending (8, nanoseconds of the monotonic clock of this machine).
struct Stamp {
  std::uint32_t stream = 0;
  std::uint32_t sequence = 0;  // from 0, wraps
  std::uint64_t sent_ns = 0;   // 0: not stamped
};

inline constexpr std::size_t stamp_identity_bytes = 8;
inline constexpr std::size_t stamp_bytes = 16;

// Writes as much of the stamp as fits `payload`; below stamp_identity_bytes nothing.
inline void write_stamp(std::span<std::uint8_t> payload, const Stamp& stamp) {
  if (payload.size() < stamp_identity_bytes) return;
  put_u32(payload.data(), stamp.stream);
  put_u32(payload.data() + 4, stamp.sequence);
  if (payload.size() >= stamp_bytes) put_u64(payload.data() + 8, stamp.sent_ns);
}

// False when the payload is too short to say who sent it.
inline bool read_stamp(std::span<const std::uint8_t> payload, Stamp& stamp) {
  if (payload.size() < stamp_identity_bytes) return false;
  stamp.stream = get_u32(payload.data());
  stamp.sequence = get_u32(payload.data() + 4);
  stamp.sent_ns = payload.size() >= stamp_bytes ? get_u64(payload.data() + 8) : 0;
  return true;
}

}  // namespace tenon::load
