#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kv/descriptor.h"

namespace tenon::kv {

// Where the log of a range that was split off begins: the state it starts with counts as that behind this
// entry, on every voter.
constexpr LogPoint split_start{1, 1};

// Ranges that a store began with have numbers below this bit; those that were split off have it, beside 63
// random ones. Only of these, and of ranges that were recovered, may a sender's numbers begin elsewhere than
// at 1.
constexpr std::uint64_t split_off_bit = std::uint64_t{1} << 63;
constexpr bool was_split_off(const RangeId& id) {
  return (id.number & split_off_bit) != 0;
}

// The text of a Command of the kind `split`: from `key` on, the range becomes another one, with the same
// members. Only descriptors change; the items stay where they are, and the senders' numbers are both ranges'
// from then on.
//
// Each replica makes the child when it applies this. A node where that is still to come must not open the
// child from a snapshot: the older replica still writes, and at last flushes, what then is the child's.
struct SplitCommand {
  RangeId child;                     // a number that no range ever had
  std::uint32_t boundary_epoch = 0;  // the range's, when this was planned: another one now, and it is refused
  std::string key;                   // inside the range, and not its first

  friend bool operator==(const SplitCommand&, const SplitCommand&) = default;
};

//   range id · varint boundary epoch · bytes key
std::string encode(const SplitCommand& split);
// invalid: it makes no sense.
Result<SplitCommand> decode_split(std::string_view text);

}  // namespace tenon::kv
