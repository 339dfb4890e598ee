#include <tenon/draft/random.h>

#include "base/random.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

void fill(const tenon_host* host, tenon_span out) {
  instance_of(host).services().random->fill(span_of(out));
}

constexpr tenon_host_random table{sizeof(tenon_host_random), 0, fill};

}  // namespace

const void* random_table() {
  return &table;
}

}  // namespace tenon::host
