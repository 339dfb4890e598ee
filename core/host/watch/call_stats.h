#pragma once

#include <atomic>
#include <cstdint>

namespace tenon::host {

// What the host counts of one plugin instance. Any thread. Calls per message (permission checks, sends) are
// not counted: a shared counter would cost more than they do.
struct CallStats {
  std::atomic<std::uint64_t> calls{0};     // requests: authenticate, connect, and calls of the life cycle
  std::atomic<std::uint64_t> errors{0};    // of those, how many failed or answered nonsense
  std::atomic<std::uint64_t> timeouts{0};  // the host gave up at the deadline
  std::atomic<std::uint64_t> late{0};      // closed by the plugin after the host had given up
  std::atomic<std::uint64_t> stale{0};     // completions of tokens that were not open
  std::atomic<std::uint64_t> slow{0};      // timed calls on a worker over the budget
  std::atomic<std::uint64_t> dropped{0};   // watches and timers that the plugin left behind at worker_stop
};

inline void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tenon::host
