#include "load/traffic/stream_table.h"

#include <algorithm>
#include <bit>

namespace tenon::load {

StreamTable::StreamTable(std::size_t streams, std::uint32_t window)
    : entries_(streams), ring_mask_(std::bit_ceil(std::max(64U, 2 * window)) - 1), rings_(streams) {
  touched_.reserve(streams);
}

void StreamTable::set_receivers(std::uint32_t stream, std::uint32_t receivers) {
  entries_[stream].receivers = receivers;
  if (receivers > 1) rings_[stream].assign(ring_mask_ + 1, 0);
}

std::uint32_t StreamTable::tally(std::uint32_t stream, const Entry& entry, std::uint32_t first,
                                 std::uint32_t count) {
  if (entry.receivers == 0) return 0;
  std::uint32_t done = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t& have = rings_[stream][(first + i) & ring_mask_];
    if (++have < entry.receivers) continue;
    have = 0;
    ++done;
  }
  return done;
}

}  // namespace tenon::load
