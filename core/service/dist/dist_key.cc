#include "service/dist/dist_key.h"

#include "service/store_key.h"

namespace tenon::service::dist {

std::string tenant_prefix(std::string_view tenant) {
  std::string prefix;
  append_escaped(prefix, tenant);
  return prefix;
}

std::string filter_prefix(std::string_view tenant, std::string_view filter) {
  std::string prefix = tenant_prefix(tenant);
  append_escaped(prefix, filter);
  return prefix;
}

std::size_t filter_prefix_size(std::string_view key) {
  constexpr std::string_view end_of_part("\0\1", 2);
  std::size_t size = 0;
  for (int part = 0; part < 2; ++part) {
    const std::size_t end = key.find(end_of_part, size);
    if (end == std::string_view::npos) return 0;
    size = end + end_of_part.size();
  }
  return size;
}

std::string key_of(const Route& route) {
  std::string key = filter_prefix(route.tenant, route.filter);
  append_escaped(key, route.client_id);
  append_be64(key, route.number);
  return key;
}

std::optional<KeyParts> split_key(std::string_view key) {
  auto tenant = take_escaped(key);
  auto filter = take_escaped(key);
  auto client_id = take_escaped(key);
  if (!tenant || !filter || !client_id || key.size() != 8) return std::nullopt;
  return KeyParts{std::move(*tenant), std::move(*filter), std::move(*client_id), take_be64(key)};
}

}  // namespace tenon::service::dist
