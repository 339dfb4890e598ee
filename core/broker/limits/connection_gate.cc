#include "broker/limits/connection_gate.h"

#include <tenon/draft/transport.h>

#include <algorithm>

#include "base/assert.h"

namespace tenon::broker {

namespace {

constexpr std::int64_t slow_step_ns = 100 * ns_per_ms;

}  // namespace

ConnectionGate::Address ConnectionGate::address_of(std::uint32_t family, const std::uint8_t (&addr)[16]) {
  if (family != TENON_PEER_IPV4 && family != TENON_PEER_IPV6) return std::nullopt;
  // Whoever has an IPv6 address mostly has the whole /64.
  const std::size_t size = family == TENON_PEER_IPV4 ? 4 : 8;
  std::array<std::uint8_t, 9> address{};
  address[0] = static_cast<std::uint8_t>(family);
  std::copy_n(std::begin(addr), size, address.begin() + 1);
  return address;
}

void ConnectionGate::set_limits(const GateLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (limits.connection_rate_max != limits_.connection_rate_max)
    pace_ = RateBudget(limits.connection_rate_max);
  limits_ = limits;
}

std::optional<std::int64_t> ConnectionGate::pace(MonoNs now_ns, bool is_slowed) {
  const std::lock_guard lock(mutex_);
  std::int64_t wait_ns = pace_.debt_ns(now_ns);
  if (is_slowed) wait_ns = std::max(wait_ns, next_slow_ns_ - now_ns);
  if (wait_ns > limits_.wait_ns_max) return std::nullopt;
  pace_.spend(1, now_ns);
  next_slow_ns_ = now_ns + std::max<std::int64_t>(wait_ns, 0) + slow_step_ns;
  return std::max<std::int64_t>(wait_ns, 0);
}

ConnectionGate::Verdict ConnectionGate::admit(const Address& address) {
  const std::lock_guard lock(mutex_);
  if (limits_.connections_max != 0 && count_ >= limits_.connections_max) return Verdict::too_many;
  if (address) {
    const std::uint64_t max = limits_.connections_per_address_max;
    std::uint64_t& of_address = counts_[*address];
    if (max != 0 && of_address >= max) return Verdict::too_many_of_address;
    ++of_address;
  }
  ++count_;
  return Verdict::admitted;
}

void ConnectionGate::release(const Address& address) {
  const std::lock_guard lock(mutex_);
  TENON_BUG(count_ > 0, "a connection is released that was not admitted");
  --count_;
  if (!address) return;
  const auto found = counts_.find(*address);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

std::uint64_t ConnectionGate::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace tenon::broker
