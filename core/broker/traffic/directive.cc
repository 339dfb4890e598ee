#include "broker/traffic/directive.h"

#include <algorithm>
#include <utility>

#include "base/text/tenant_topic.h"

namespace tenon::broker {

bool is_tenant_pattern(std::string_view text) {
  if (text == "*") return true;
  if (text.ends_with('*')) text.remove_suffix(1);
  return text.find('*') == std::string_view::npos && is_tenant_name(text);
}

std::uint32_t Directive::weight_of(const std::vector<std::string>& groups) const {
  std::uint32_t weight = 0;
  for (const std::string& group : groups)
    if (const auto found = weights.find(group); found != weights.end())
      weight = std::max(weight, found->second);
  return weight;
}

Directives::Directives(std::vector<Directive> all) : all_(std::move(all)) {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const std::string_view tenants = all_[i].tenants;
    if (tenants.ends_with('*'))
      beginnings_.emplace(tenants.substr(0, tenants.size() - 1), i);
    else
      names_.emplace(tenants, i);
  }
}

std::optional<std::size_t> Directives::find(std::string_view tenant) const {
  if (const auto named = names_.find(tenant); named != names_.end()) return named->second;
  if (beginnings_.empty()) return std::nullopt;
  for (std::size_t length = tenant.size() + 1; length-- > 0;)
    if (const auto found = beginnings_.find(tenant.substr(0, length)); found != beginnings_.end())
      return found->second;
  return std::nullopt;
}

}  // namespace tenon::broker
