#include "base/text/tenant_topic.h"

#include <algorithm>

namespace tenon {

bool is_tenant_name(std::string_view name) {
  constexpr std::size_t bytes_max = 128;
  const auto is_bad = [](char c) {
    return c == '/' || c == '+' || c == '#' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  };
  return !name.empty() && name.size() <= bytes_max && name.front() != '$' &&
         std::ranges::none_of(name, is_bad);
}

std::string tenant_prefix(std::string_view name) {
  if (name == default_tenant) return {};
  std::string prefix(tenant_mark);
  prefix.append(name).push_back('/');
  return prefix;
}

std::string_view tenant_of_topic(std::string_view topic) {
  const std::string_view inner = topic_in_tenant(topic);
  if (inner.size() == topic.size()) return default_tenant;
  return topic.substr(tenant_mark.size(), topic.size() - inner.size() - tenant_mark.size() - 1);
}

std::string filter_with_prefix(std::string_view prefix, std::string_view filter) {
  const std::string_view pattern = split_filter(filter).pattern;
  std::string out(filter.substr(0, filter.size() - pattern.size()));
  out.append(prefix).append(pattern);
  return out;
}

}  // namespace tenon
