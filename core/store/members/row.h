#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kv/descriptor.h"

namespace tenon::store {

// What a node knows of its own part in a range beside the replica: kept in member_space under range_key, in
// the engine of the range's store. A founder's replica, and one that came of a split, has none.
struct MemberRow {
  enum class Fate : std::uint8_t {
    open = 1,  // the replica was opened empty at `epoch`; the node is a member from a later epoch on
    gone = 2,  // the node was no member at `epoch`, and has no replica
  };
  Fate fate = Fate::gone;
  std::uint32_t epoch = 0;  // of members
  // What was there before is being deleted; with it done, `fate` holds.
  bool dropping = false;
  bool was_lost = false;      // the replica stands for one that was lost, and is to be what that was
  kv::Descriptor descriptor;  // of the range, at `epoch`; of what is being deleted, if there was something
  bool keeps_items = false;   // they are another range's now

  // Of a range that another one has absorbed: it never comes back, unless it `may_return`.
  static MemberRow of_absorbed(const kv::Descriptor& descriptor, bool may_return) {
    return {Fate::gone, may_return ? descriptor.epoch.members : UINT32_MAX, true, false, descriptor, true};
  }

  friend bool operator==(const MemberRow&, const MemberRow&) = default;
};

// u8 version · u8 fate · varint epoch · u8 dropping · u8 was_lost · descriptor; version 2, of one whose items
// stay, differs in nothing else.
std::string encode(const MemberRow& row);
// corrupt or unsupported, naming what is wrong.
Result<MemberRow> decode_member_row(std::string_view bytes);

}  // namespace tenon::store
