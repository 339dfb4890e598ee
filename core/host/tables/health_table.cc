#include <tenon/host/health.h>

#include <algorithm>

#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

void report(const tenon_host* host, std::uint32_t state, tenon_bytes text) {
  const Instance& instance = instance_of(host);
  instance.services().health->report(
      instance.name(), static_cast<PluginHealth>(std::min(state, TENON_HEALTH_FAILED)), view_of(text));
}

constexpr tenon_host_health table{sizeof(tenon_host_health), 0, report};

}  // namespace

const void* health_table() {
  return &table;
}

}  // namespace tenon::host
