#include <tenon/host/async.h>

#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

std::uint32_t complete(const tenon_host* host, const tenon_completion* completions, std::uint32_t count,
                       std::uint32_t stride) {
  return instance_of(host).ops().complete(completions, count, stride);
}

constexpr tenon_host_async table{sizeof(tenon_host_async), 0, complete};

}  // namespace

const void* async_table() {
  return &table;
}

}  // namespace tenon::host
