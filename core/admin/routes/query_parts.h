#pragma once

#include <cstdint>
#include <string>

#include "admin/path_text.h"
#include "admin/session_source.h"

// What the queries of several subjects have in common.

namespace tenon::admin {

// The most that a page may hold.
constexpr std::uint32_t limit_max = 1000;

inline std::string tenant_of(const Query& query) {
  return std::string(query.has("tenant") ? query.get("tenant") : default_tenant);
}

}  // namespace tenon::admin
