#include "broker/tenants/tenant_table.h"

#include <utility>

#include "base/text/tenant_topic.h"

namespace tenon::broker {

Tenant* TenantTable::find(std::string_view name) {
  if (!is_tenant_name(name)) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto known = tenants_.find(name); known != tenants_.end()) return known->second.get();
  if (tenants_.size() >= count_max) return nullptr;
  return tenants_.emplace(name, std::make_unique<Tenant>(name, limits_of(name))).first->second.get();
}

const Tenant* TenantTable::known(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(name);
  return found == tenants_.end() ? nullptr : found->second.get();
}

std::vector<Tenant*> TenantTable::all() {
  std::vector<Tenant*> all;
  const std::lock_guard lock(mutex_);
  all.reserve(tenants_.size());
  for (const auto& [name, tenant] : tenants_) all.push_back(tenant.get());
  return all;
}

void TenantTable::set_limits(Limits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
  for (const auto& [name, tenant] : tenants_) tenant->set_limits(limits_of(name));
}

TenantLimits TenantTable::limits_of(std::string_view name) const {
  const auto found = limits_.find(name);
  return found == limits_.end() ? TenantLimits{} : found->second;
}

}  // namespace tenon::broker
