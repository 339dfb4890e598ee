#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "kv/descriptor.h"

namespace tenon::kv {

// A range whose group has lost its majority for good goes on as another incarnation: a new group, which
// begins with all that the log of one surviving replica held, and with that one as its only member. Members
// of different incarnations never hear each other. Unsafe: what only the lost members had is lost.

// What a survivor has to be told about the incarnation that it is to begin.
struct Recovery {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;      // beyond any that a member of the former one has heard of
  std::uint32_t boundary = 0;  // no epoch with which anybody is known to claim these keys is higher
  std::string end;             // of the range from now on: what is behind it is another range's; empty: none

  friend bool operator==(const Recovery&, const Recovery&) = default;
};

// Of ranges that were founded or split off.
constexpr std::uint64_t first_incarnation = 1;
constexpr bool was_recovered(const RangeId& id) {
  return id.incarnation > first_incarnation;
}

// Of two recoveries of a range that knew nothing of each other, the later one has the higher incarnation, as
// far as clocks agree; no two have the same.
std::uint64_t next_incarnation(std::uint64_t former, UnixMs now_ms, std::uint64_t random);

// How often a range, or one that it came from, was recovered. The boundary epoch tells: its upper half counts
// recoveries, its lower half everything else.
constexpr std::uint32_t era_of(const Epoch& epoch) {
  return epoch.boundary >> 16;
}
// The first of the next era.
constexpr std::uint32_t recovered_boundary(std::uint32_t highest) {
  return ((highest >> 16) + 1) << 16;
}

}  // namespace tenon::kv
