#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/dist/route_sink.h"

// Keys of the store `dist`:
//
//   escaped tenant · escaped filter · escaped client id · inbox number (8 bytes, big-endian)
//
// The number is in the key, so that a late word about an older inbox of the same client never touches the
// route of the newer one; a route that is left over goes when a message finds no such inbox.

namespace tenon::service::dist {

std::string key_of(const Route& route);

struct KeyParts {
  std::string tenant;
  std::string filter;
  std::string client_id;
  std::uint64_t number = 0;
};
// Empty: no key of this store.
std::optional<KeyParts> split_key(std::string_view key);

// What the keys of the tenant, and of its filter, begin with.
std::string tenant_prefix(std::string_view tenant);
std::string filter_prefix(std::string_view tenant, std::string_view filter);
// How much of the key is that prefix; 0: it is no key of this store.
std::size_t filter_prefix_size(std::string_view key);

}  // namespace tenon::service::dist
