#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire.h"

namespace tenon::kv {

enum class NodeId : std::uint64_t { none = 0 };

// The numbers are on disk and on the wire.
enum class StoreId : std::uint8_t { meta = 1, dist = 2, inbox = 3, retain = 4 };
// In the order in which a new cluster numbers their first ranges.
inline constexpr StoreId all_stores[] = {StoreId::dist, StoreId::inbox, StoreId::retain, StoreId::meta};

// Empty: there is no such store.
std::string_view to_string(StoreId store);

// Names one replicated group. A range that was recovered by force, or made anew, has a higher incarnation.
struct RangeId {
  std::uint64_t number = 0;
  std::uint64_t incarnation = 0;

  friend auto operator<=>(const RangeId&, const RangeId&) = default;
};

// A place in a log.
struct LogPoint {
  std::uint64_t index = 0;
  std::uint64_t term = 0;

  friend bool operator==(const LogPoint&, const LogPoint&) = default;
};

// Counted up by each change of the boundary and of the members: a command that was meant for an older state
// of the range is refused.
struct Epoch {
  std::uint32_t boundary = 0;
  std::uint32_t members = 0;

  friend bool operator==(const Epoch&, const Epoch&) = default;
};

// Who holds replicas. `outgoing` is empty but in the middle of a change.
struct Members {
  std::vector<NodeId> voters;
  std::vector<NodeId> outgoing;
  std::vector<NodeId> learners;

  friend bool operator==(const Members&, const Members&) = default;
};

// Voters, those on their way out, and learners.
bool has_member(const Members& members, NodeId node);

// What a range is: a piece [begin, end) of a store's key space. Part of its replicated state.
struct Descriptor {
  StoreId store = StoreId::meta;
  std::string begin;
  std::string end;  // empty: to the end of the store
  Epoch epoch;
  Members members;

  bool holds(std::string_view key) const { return key >= begin && (end.empty() || key < end); }
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

// There are keys that both hold.
bool do_overlap(const Descriptor& a, const Descriptor& b);

//   id          varint number · varint incarnation
//   members     bytes { voters · outgoing · learners }, each varint count · { u64 node }...
//   descriptor  bytes { u8 store · bytes begin · bytes end · varint boundary · varint members · members }
void write(WireWriter& out, const RangeId& id);
void write(WireWriter& out, const Members& members);
void write(WireWriter& out, const Descriptor& descriptor);
// in.ok() tells whether it made sense: a known store, a piece that is not empty, no node 0.
RangeId read_range_id(WireReader& in);
Members read_members(WireReader& in);
Descriptor read_descriptor(WireReader& in);

}  // namespace tenon::kv
