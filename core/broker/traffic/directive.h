#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::broker {

// What operators say of who serves the clients of some tenants. Pure.

inline constexpr std::uint32_t traffic_weight_max = 100;

// Which tenants: "acme" is that one, "acme-*" are all whose names begin with "acme-", "*" are all.
bool is_tenant_pattern(std::string_view text);

// The weight of each group of nodes; one that is not named has none, which is 0.
struct Directive {
  std::string tenants;  // is_tenant_pattern()
  std::map<std::string, std::uint32_t> weights;

  // The highest of the groups that a node is of.
  std::uint32_t weight_of(const std::vector<std::string>& groups) const;

  friend bool operator==(const Directive&, const Directive&) = default;
};

// Directives, of which the closest counts: the one that names the tenant, then the longest beginning.
class Directives {
 public:
  Directives() = default;
  // REQUIRES: no two are of the same tenants.
  explicit Directives(std::vector<Directive> all);

  const std::vector<Directive>& all() const { return all_; }
  // Its place in all(); empty: none is of this tenant.
  std::optional<std::size_t> find(std::string_view tenant) const;

 private:
  std::vector<Directive> all_;
  std::map<std::string, std::size_t, std::less<>> names_;
  std::map<std::string, std::size_t, std::less<>> beginnings_;
};

}  // namespace tenon::broker
