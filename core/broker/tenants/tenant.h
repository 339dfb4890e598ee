#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "broker/limits/rate_budget.h"

namespace tenon::broker {

// 0: no limit.
struct TenantLimits {
  std::uint64_t connections_max = 0;
  std::uint64_t message_rate_max = 0;  // of all its clients together, in a second
  std::uint64_t byte_rate_max = 0;
  std::uint64_t subscriptions_max = 0;
  std::uint64_t retained_count_max = 0;
  std::uint64_t retained_bytes_max = 0;
  std::uint64_t queue_bytes_max = 0;  // in memory, of its sessions without inbox

  friend bool operator==(const TenantLimits&, const TenantLimits&) = default;
};

// A number that may not pass a limit. Any thread.
class Share {
 public:
  // False: it would pass the limit; nothing has changed.
  bool take(std::uint64_t amount, std::uint64_t limit) {
    const std::uint64_t before = taken_.fetch_add(amount, std::memory_order_relaxed);
    if (limit == 0 || before + amount <= limit) return true;
    give_back(amount);
    return false;
  }
  void give_back(std::uint64_t amount) { taken_.fetch_sub(amount, std::memory_order_relaxed); }
  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> taken_{0};
};

// Clients that share one space of topics, apart from those of all others, and what they may use of this node
// together. Lives as long as the node. Any thread.
class Tenant {
 public:
  // REQUIRES: is_tenant_name(name).
  Tenant(std::string_view name, const TenantLimits& limits);

  const std::string& name() const { return name_; }
  // What stands before its topics in the tables; empty for the tenant `default`.
  const std::string& prefix() const { return prefix_; }
  // An id of a client, as the node's directory knows it: no client can have one that reads like another
  // tenant's.
  std::string directory_id(std::string_view client_id) const;

  TenantLimits limits() const;
  void set_limits(const TenantLimits& limits);

  Share& connections() { return connections_; }
  Share& subscriptions() { return subscriptions_; }  // of sessions without inbox
  Share& queue_bytes() { return queue_bytes_; }

  // How long whoever has sent so much has to wait until it is paid for; 0: not at all.
  std::int64_t spend_messages(std::uint64_t count, MonoNs now_ns);
  std::int64_t spend_bytes(std::uint64_t bytes, MonoNs now_ns);

 private:
  const std::string name_;
  const std::string prefix_;
  std::atomic<bool> has_message_rate_{false};
  std::atomic<bool> has_byte_rate_{false};
  mutable std::mutex mutex_;  // guards what follows
  TenantLimits limits_;
  RateBudget messages_;
  RateBudget bytes_;

  Share connections_;
  Share subscriptions_;
  Share queue_bytes_;
};

}  // namespace tenon::broker
