#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tenon::broker {

struct FlapLimits {
  std::uint32_t connects_max = 0;  // in one window; 0: clients are never kept out
  std::int64_t window_ns = 0;
  std::int64_t ban_ns = 0;
};

// Keeps out, for a while, clients that connect again and again. A client is its id together with where it
// comes from: nobody can have another one kept out by using its id elsewhere. Any thread.
//
// Memory is bounded: it knows so many clients at most, and forgets first who has connected least lately.
class FlapGuard {
 public:
  static constexpr std::size_t client_count_max = std::size_t{1} << 16;

  // `hash_seed` is secret and random.
  FlapGuard(const FlapLimits& limits, std::uint64_t hash_seed) : limits_(limits), seed_(hash_seed) {}

  enum class Verdict : std::uint8_t { welcome, banned_now, banned };
  // A client wants to connect. banned_now: with this attempt its ban begins. `address`: all that is known of
  // where it comes from, without the port.
  Verdict note(std::string_view tenant, std::string_view client_id, std::string_view address, MonoNs now_ns);
  // To be called behind banned_now, for shown(). `peer` is the address as people read it.
  void remember(std::string_view tenant, std::string_view client_id, std::string_view peer, MonoNs now_ns);

  // Who is kept out now: those whose bans began last, `shown_max` at most.
  struct Shown {
    std::string tenant;
    std::string client_id;
    std::string peer;
    MonoNs until_ns = 0;
  };
  std::vector<Shown> shown(MonoNs now_ns) const;
  static constexpr std::size_t shown_max = 1000;

  // Bans that have begun.
  std::uint64_t ban_count() const { return bans_.load(std::memory_order_relaxed); }

 private:
  struct Client {
    std::uint64_t hash = 0;  // 0: free
    MonoNs since_ns = 0;     // begin of its window
    MonoNs banned_until_ns = 0;
    std::uint32_t connects = 0;
  };
  Client& place_of(std::uint64_t hash, MonoNs now_ns);

  const FlapLimits limits_;
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  std::deque<Shown> shown_;      // those that were banned last, the oldest first
  std::vector<Client> clients_;  // in sets of four; empty until somebody connects
  std::atomic<std::uint64_t> bans_{0};
};

}  // namespace tenon::broker
