#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "broker/tenants/tenant.h"

namespace tenon::broker {

// All tenants that this node has heard of. Any thread.
class TenantTable {
 public:
  // Auth plugins name tenants: that makes so many at most.
  static constexpr std::size_t count_max = std::size_t{1} << 16;

  using Limits = std::map<std::string, TenantLimits, std::less<>>;
  explicit TenantTable(Limits limits = {}) : limits_(std::move(limits)) {}

  // Of clients, who make it. Valid as long as the table. Null: the name can be none, or there are too many.
  Tenant* find(std::string_view name);
  // For whoever only asks; null: nobody has been of it.
  const Tenant* known(std::string_view name);
  // All that there are now, by their names; valid as long as the table.
  std::vector<Tenant*> all();
  // For all that there are, and that come later; whoever is not named has none.
  void set_limits(Limits limits);

 private:
  TenantLimits limits_of(std::string_view name) const;

  std::mutex mutex_;
  Limits limits_;
  std::map<std::string, std::unique_ptr<Tenant>, std::less<>> tenants_;
};

}  // namespace tenon::broker
