#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kv/range.h"

namespace tenon::store {

// Keys of one group that follow each other, as those of one filter in the store `dist`, which no range may be
// cut among.
struct LargestGroup {
  // Where a cut parts them from keys of other groups: strictly inside the range, and such that its machine
  // may be split there. Empty: there is no such place, as where they are alone.
  std::string key;
  std::uint64_t count = 0;
};

// How many bytes ranges hold: keys and values, without what an engine adds; and which group of keys has most
// of them. Nothing counts them as they come and go, so that it is found out by walking through the items, a
// few at a time; what is written meanwhile is counted or not. A range is walked through again when something
// was applied to it and its rest is over. Pure; one thread.
class RangeSizes {
 public:
  static constexpr std::size_t items_per_step = 128;
  static constexpr MonoNs rest_ns = 10 * ns_per_s;

  // How long the part of a key is that names its group; 0: it is in none.
  using GroupOf = std::function<std::size_t(kv::StoreId store, std::string_view key)>;
  // Without it there are no groups.
  explicit RangeSizes(GroupOf group_of = {}) : group_of_(std::move(group_of)) {}

  // Only of these something is known from now on; walks through others are given up. In order.
  void keep(std::span<const kv::RangeId> ranges);
  // Looks further at `range`. True: there is more to be done for it now. Failure: its items can't be read; it
  // is tried again behind a rest.
  Result<bool> step(const kv::Range& range, MonoNs now_ns);
  // Of the last walk that came to its end; empty: there was none since its boundary is as it is.
  std::optional<std::uint64_t> bytes(const kv::RangeId& range) const;
  // Likewise.
  LargestGroup largest_group(const kv::RangeId& range) const;

 private:
  // The groups of a walk so far.
  struct Groups {
    // The next key is of this one.
    void take(std::string_view of);
    // The present one is over; `next` begins behind it, empty: none does.
    void end_group(std::string_view next);

    std::string group;
    std::uint64_t count = 0;
    bool is_first = true;  // of those in the range
    LargestGroup largest;
  };
  struct Walk {
    std::optional<std::uint64_t> bytes;
    std::uint64_t applied = 0;   // when the last one began
    std::uint32_t boundary = 0;  // its epoch, then
    MonoNs rests_until_ns = INT64_MIN;
    bool is_under_way = false;
    std::string next;
    std::uint64_t sum = 0;
    LargestGroup largest;  // of the last walk that came to its end
    Groups groups;         // of this one
  };

  GroupOf group_of_;
  std::map<kv::RangeId, Walk> walks_;
};

}  // namespace tenon::store
