#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "broker/limits/rate_budget.h"

namespace tenon::broker {

struct GateLimits {
  std::uint64_t connections_max = 0;              // 0: no limit, here and below
  std::uint64_t connections_per_address_max = 0;  // of an IPv4 address, or of a /64 of IPv6
  std::uint64_t connection_rate_max = 0;
  std::int64_t wait_ns_max = 0;  // a connection that would have to wait for its turn for longer is refused
};

// Who may connect at one listener, and when. Any thread.
class ConnectionGate {
 public:
  // Network byte order; what of an address counts. Empty: it counts for nobody (unix sockets).
  using Address = std::optional<std::array<std::uint8_t, 9>>;
  // `family` is one of TENON_PEER_*.
  static Address address_of(std::uint32_t family, const std::uint8_t (&addr)[16]);

  enum class Verdict : std::uint8_t { admitted, too_many, too_many_of_address };

  explicit ConnectionGate(const GateLimits& limits) : limits_(limits), pace_(limits.connection_rate_max) {}

  // For connections from now on; those that are there stay.
  void set_limits(const GateLimits& limits);

  // How long a new connection has to wait for its turn; empty: too long. While `is_slowed`, connections
  // have their turns one tenth of a second apart, or more.
  std::optional<std::int64_t> pace(MonoNs now_ns, bool is_slowed);

  // admitted: it counts until release().
  Verdict admit(const Address& address);
  // REQUIRES: admitted.
  void release(const Address& address);

  std::uint64_t count() const;

 private:
  mutable std::mutex mutex_;
  GateLimits limits_;
  RateBudget pace_;
  MonoNs next_slow_ns_ = INT64_MIN / 2;
  std::uint64_t count_ = 0;
  std::map<std::array<std::uint8_t, 9>, std::uint64_t> counts_;
};

}  // namespace tenon::broker
