#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kv/descriptor.h"

namespace tenon::kv {

// A range (the right one) becomes part of its left neighbour:
//
//   1. The right one is frozen by its own log, for one boundary epoch of the left one. It takes no command
//      and answers no question from then on.
//   2. Once all members hold it frozen on their disks, the left one's log absorbs it, if the left one still
//      has that epoch; or calls it off, which no absorption can follow.
//   3. It is thawed, by its own log, only when it is known that the left one has called it off.
//
// So which of the two came is decided in one place, the left one's log, whoever leads by then.

// What a frozen range waits for.
struct Frozen {
  RangeId into;
  std::uint32_t epoch = 0;  // the boundary epoch of `into` at which it may absorb this one

  friend bool operator==(const Frozen&, const Frozen&) = default;
};

// What became of a merge, on record in the left range.
struct MergeNote {
  RangeId right;
  std::uint32_t epoch = 0;   // the boundary epoch of the left range that it was meant for
  bool is_absorbed = false;  // else it was called off

  friend bool operator==(const MergeNote&, const MergeNote&) = default;
};

// The latest merges of a range. Of what is older it says nothing.
struct MergeNotes {
  static constexpr std::size_t count_max = 64;

  std::vector<MergeNote> notes;        // oldest first
  std::uint32_t forgotten_before = 0;  // of earlier epochs some are missing; 0: none was ever forgotten

  // What is the oldest may have to go.
  void add(const MergeNote& note);
  // The range was absorbed, by this one, one that this one was split off, or one that this one has absorbed.
  bool has_absorbed(const RangeId& right) const;
  bool has_absorbed_any() const { return forgotten_before != 0 || !absorbed().empty(); }
  bool has_called_off(const RangeId& right, std::uint32_t epoch) const;
  // What this range, or one that it came from, has absorbed.
  std::vector<RangeId> absorbed() const;

  friend bool operator==(const MergeNotes&, const MergeNotes&) = default;
};

// The texts of commands.

// Kind::freeze, to the right range.
struct FreezeCommand {
  Frozen frozen;
  Epoch expected;  // the range's own, when this was planned: another one now, and it is refused

  friend bool operator==(const FreezeCommand&, const FreezeCommand&) = default;
};
// Kind::thaw, to the right range: the Frozen that is over.

// Kind::merge, to the left range. REQUIRES: every member of it holds the right range frozen for this, on its
// disk, under a record that agrees with what stands here.
struct MergeCommand {
  Epoch expected;  // the left range's
  RangeId right;
  Descriptor descriptor;          // of the right range
  UnixMs last_stamp_ms = 0;       // of the right range
  std::vector<RangeId> absorbed;  // by the right range
  bool has_forgotten = false;     // the right range has absorbed others, too, which it has forgotten

  friend bool operator==(const MergeCommand&, const MergeCommand&) = default;
};

// Kind::call_off, to the left range: the right one is not absorbed any more at this epoch.
struct CallOffCommand {
  RangeId right;
  std::uint32_t epoch = 0;

  friend bool operator==(const CallOffCommand&, const CallOffCommand&) = default;
};

//   frozen    range id · varint epoch
//   freeze    frozen · varint boundary epoch · varint members epoch
//   merge     varint boundary epoch · varint members epoch · range id · descriptor · varint stamp ·
//             varint count · { range id }... · u8 has forgotten
//   call off  range id · varint epoch
std::string encode(const Frozen& frozen);
std::string encode(const FreezeCommand& freeze);
std::string encode(const MergeCommand& merge);
std::string encode(const CallOffCommand& call_off);
// invalid: it makes no sense.
Result<Frozen> decode_frozen(std::string_view text);
Result<FreezeCommand> decode_freeze(std::string_view text);
Result<MergeCommand> decode_merge(std::string_view text);
Result<CallOffCommand> decode_call_off(std::string_view text);

// What a replica asks of its node when the range absorbs another.
class MergePort {
 public:
  // Whether the engine holds the right range, frozen for this merge of `left`, and nothing of it is
  // elsewhere. With true, its replica is no more.
  virtual bool absorb(const RangeId& left, const MergeCommand& merge) = 0;

 protected:
  ~MergePort() = default;
};

}  // namespace tenon::kv
