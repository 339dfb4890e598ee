#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace tenon::broker {

// Stamps that grow: behind every stamp that this node has made or seen, and with the time, so that of two
// connections of one client id at two nodes the newer has the higher one, as far as the nodes have heard of
// each other or their clocks agree. The lowest bits are the node's, so that no two nodes make the same. Any
// thread.
class ClaimClock {
 public:
  // Before the first stamp.
  void set_node(std::uint64_t node_id) { node_bits_ = node_id % node_values; }

  std::uint64_t make(UnixMs now_ms) {
    std::uint64_t seen = highest_.load(std::memory_order_relaxed);
    std::uint64_t made = 0;
    do {
      const std::uint64_t tick = std::max(seen / node_values + 1, static_cast<std::uint64_t>(now_ms));
      made = tick * node_values + node_bits_;
    } while (!highest_.compare_exchange_weak(seen, made, std::memory_order_relaxed));
    return made;
  }
  void see(std::uint64_t stamp) {
    std::uint64_t seen = highest_.load(std::memory_order_relaxed);
    while (seen < stamp && !highest_.compare_exchange_weak(seen, stamp, std::memory_order_relaxed)) {
    }
  }
  // Of all that were made or seen.
  std::uint64_t highest() const { return highest_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t node_values = 1 << 16;

  std::uint64_t node_bits_ = 0;
  std::atomic<std::uint64_t> highest_{0};
};

}  // namespace tenon::broker
