#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/broker_metrics.h"
#include "broker/limits/connection_gate.h"
#include "broker/limits/trusted_peers.h"
#include "broker/tenants/tenant.h"
#include "host/auth_chain.h"
#include "observe/log/log.h"
#include "routing/spread.h"
#include "session/connection_limits.h"

namespace tenon::broker {

enum class AnonymousPolicy : std::uint8_t { never, loopback, always };

// What the links that one listener opened at a time have in common. Immutable but for the count; outlives
// them.
struct ListenerContext {
  std::string name;
  std::string tenant;
  std::string advertise;   // where clients of other nodes may be sent to; empty: nowhere
  Tenant* home = nullptr;  // that tenant, which outlives this
  // Who may say which peer a link is of; empty: nothing below says so.
  std::optional<TrustedPeers> proxies;
  AnonymousPolicy anonymous = AnonymousPolicy::loopback;
  bool binds_client_ids = true;  // to the user who has them
  std::int64_t auth_timeout_ns = 0;
  session::ConnectionLimits limits;
  std::uint64_t client_message_rate_max = 0;  // of each client; 0: no limit, here and below
  std::uint64_t client_byte_rate_max = 0;
  GateLimits gate;
  routing::Spread spread = routing::Spread::round_robin;  // of what comes in here, to shared subscriptions
  std::unique_ptr<host::AuthChain> auth;
  observe::Log* log = nullptr;
  ListenerMetrics metrics;
  // Links that have it. Never null.
  std::unique_ptr<std::atomic<std::uint64_t>> links = std::make_unique<std::atomic<std::uint64_t>>(0);

  void add_link() const { links->fetch_add(1, std::memory_order_relaxed); }
  // The last thing that a link does with it.
  void drop_link() const { links->fetch_sub(1, std::memory_order_release); }
  bool has_links() const { return links->load(std::memory_order_acquire) != 0; }
};

}  // namespace tenon::broker
