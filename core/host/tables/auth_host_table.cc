#include <tenon/kind/auth.h>

#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

// A scope that this broker does not know may mean anybody.
InvalidScope scope_of(std::uint32_t scope) {
  if (scope == TENON_SCOPE_USER) return InvalidScope::user;
  if (scope == TENON_SCOPE_CLIENT_ID) return InvalidScope::client_id;
  return InvalidScope::all;
}

void invalidate(const tenon_host* host, std::uint32_t scope, tenon_bytes value) {
  const CoreScope core;
  instance_of(host).invalidations().add({scope_of(scope), std::string(view_of(value))});
}

constexpr tenon_host_auth table{sizeof(tenon_host_auth), 0, invalidate};

}  // namespace

const void* auth_host_table() {
  return &table;
}

}  // namespace tenon::host
