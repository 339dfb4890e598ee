#include <tenon/draft/clock.h>

#include "base/clock.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

std::int64_t mono_ns(const tenon_host* host) {
  return instance_of(host).services().clock->mono_ns();
}

std::int64_t unix_ns(const tenon_host* host) {
  return instance_of(host).services().clock->unix_ms() * ns_per_ms;
}

constexpr tenon_host_clock table{sizeof(tenon_host_clock), 0, mono_ns, unix_ns};

}  // namespace

const void* clock_table() {
  return &table;
}

}  // namespace tenon::host
