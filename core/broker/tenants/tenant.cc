#include "broker/tenants/tenant.h"

#include "base/text/tenant_topic.h"

namespace tenon::broker {

Tenant::Tenant(std::string_view name, const TenantLimits& limits)
    : name_(name), prefix_(tenant_prefix(name)) {
  set_limits(limits);
}

// MQTT allows no NUL in a client id [MQTT-1.5.4-2].
std::string Tenant::directory_id(std::string_view client_id) const {
  if (prefix_.empty()) return std::string(client_id);
  std::string id(name_);
  id.push_back('\0');
  return id.append(client_id);
}

TenantLimits Tenant::limits() const {
  const std::lock_guard lock(mutex_);
  return limits_;
}

void Tenant::set_limits(const TenantLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (limits.message_rate_max != limits_.message_rate_max) messages_ = RateBudget(limits.message_rate_max);
  if (limits.byte_rate_max != limits_.byte_rate_max) bytes_ = RateBudget(limits.byte_rate_max);
  limits_ = limits;
  has_message_rate_.store(limits.message_rate_max != 0, std::memory_order_relaxed);
  has_byte_rate_.store(limits.byte_rate_max != 0, std::memory_order_relaxed);
}

std::int64_t Tenant::spend_messages(std::uint64_t count, MonoNs now_ns) {
  if (!has_message_rate_.load(std::memory_order_relaxed)) return 0;
  const std::lock_guard lock(mutex_);
  messages_.spend(count, now_ns);
  return messages_.debt_ns(now_ns);
}

std::int64_t Tenant::spend_bytes(std::uint64_t bytes, MonoNs now_ns) {
  if (!has_byte_rate_.load(std::memory_order_relaxed)) return 0;
  const std::lock_guard lock(mutex_);
  bytes_.spend(bytes, now_ns);
  return bytes_.debt_ns(now_ns);
}

}  // namespace tenon::broker
