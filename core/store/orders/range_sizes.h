#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "kv/range.h"

namespace tenon::store {

// How many bytes ranges hold: keys and values, without what an engine adds. Nothing counts them as they come
// and go, so that it is found out by walking through the items, a few at a time; what is written meanwhile is
// counted or not. A range is walked through again when something was applied to it and its rest is over.
// Pure; one thread.
class RangeSizes {
 public:
  static constexpr std::size_t items_per_step = 128;
  static constexpr MonoNs rest_ns = 10 * ns_per_s;

  // Only of these something is known from now on; walks through others are given up. In order.
  void keep(std::span<const kv::RangeId> ranges);
  // Looks further at `range`. True: there is more to be done for it now. Failure: its items can't be read; it
  // is tried again behind a rest.
  Result<bool> step(const kv::Range& range, MonoNs now_ns);
  // Of the last walk that came to its end; empty: there was none since its boundary is as it is.
  std::optional<std::uint64_t> bytes(const kv::RangeId& range) const;

 private:
  struct Walk {
    std::optional<std::uint64_t> bytes;
    std::uint64_t applied = 0;   // when the last one began
    std::uint32_t boundary = 0;  // its epoch, then
    MonoNs rests_until_ns = INT64_MIN;
    bool is_under_way = false;
    std::string next;
    std::uint64_t sum = 0;
  };

  std::map<kv::RangeId, Walk> walks_;
};

}  // namespace tenon::store
