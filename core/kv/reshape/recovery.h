#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kv/descriptor.h"

namespace tenon::kv {

// A range whose group has lost its majority for good goes on as another incarnation: a new group, which
// begins with all that the log of one surviving replica held, and with that one as its only member. Members
// of different incarnations never hear each other. Unsafe: what only the lost members had is lost.
//
// Where nobody knows that they are lost, as they are only silent, the incarnation is a provisional one: the
// former one goes on in its place if it turns out to have its majority (`outlive`), and somebody may say that
// it never will (`confirm`). Until either comes, the range is neither split nor merged.

// What a survivor has to be told about the incarnation that it is to begin.
struct Recovery {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;      // beyond any that a member of the former one has heard of
  std::uint32_t boundary = 0;  // no epoch with which anybody is known to claim these keys is higher
  std::string end;             // of the range from now on: what is behind it is another range's; empty: none
  bool is_provisional = false;
  std::vector<NodeId> missing = {};  // of a provisional one: the voters that are silent

  friend bool operator==(const Recovery&, const Recovery&) = default;
};

// What a provisional incarnation began with.
struct ProvisionalBase {
  std::uint64_t former = 0;     // the incarnation that it goes on from
  LogPoint last;                // where that one's log ended here
  std::vector<NodeId> missing;  // of its voters, those that were silent

  // All that a member of the former incarnation can have acknowledged, whose log ends there, is in this one.
  bool covers(const LogPoint& end) const {
    return end.term != last.term ? end.term < last.term : end.index <= last.index;
  }
  friend bool operator==(const ProvisionalBase&, const ProvisionalBase&) = default;
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

// A provisional incarnation begins in the midst of its era, and stays there as long as it is one. What is
// counted up one by one gets there only with as many splits and merges behind one recovery.
constexpr std::uint32_t provisional_half = 0x8000;
constexpr std::uint32_t provisional_boundary(std::uint32_t highest) {
  return recovered_boundary(highest) | provisional_half;
}
constexpr bool is_provisional(const RangeId& id, const Epoch& epoch) {
  return was_recovered(id) && era_of(epoch) > 0 && (epoch.boundary & 0xffff) == provisional_half;
}

// The texts of commands.

// Kind::confirm, to a provisional range: those that were silent never come back. It is as if it had been
// recovered by force, from the next era on.
struct ConfirmCommand {
  std::uint32_t boundary = 0;  // the range's own, when this was planned: another one now, and it is refused

  friend bool operator==(const ConfirmCommand&, const ConfirmCommand&) = default;
};

// Kind::outlive, to a range some of whose keys a provisional one holds: that one is over, as this could be
// committed. The range is in the era behind it then. Senders take it for one that has absorbed the other one.
struct OutliveCommand {
  RangeId other;
  std::uint32_t boundary = 0;  // of the other one

  friend bool operator==(const OutliveCommand&, const OutliveCommand&) = default;
};

//   confirm   varint boundary epoch
//   outlive   range id · varint boundary epoch
//   base      varint incarnation · varint index · varint term · varint count · { u64 node }...
std::string encode(const ConfirmCommand& confirm);
std::string encode(const OutliveCommand& outlive);
void write(WireWriter& out, const ProvisionalBase& base);
// invalid: it makes no sense.
Result<ConfirmCommand> decode_confirm(std::string_view text);
Result<OutliveCommand> decode_outlive(std::string_view text);
// in.ok() tells whether it made sense.
ProvisionalBase read_provisional_base(WireReader& in);

}  // namespace tenon::kv
