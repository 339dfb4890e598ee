#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

tenon_status declare(const tenon_host* host, const tenon_metric_desc* desc, tenon_metric* ret_metric) {
  Instance& instance = instance_of(host);
  if (!instance.may_declare_metrics()) return TENON_E_STATE;
  if (!desc || !TENON_HAS(desc, tenon_metric_desc, buckets)) return TENON_E_INVALID;
  return instance.metrics().declare(*instance.services().metrics, instance.name(), *desc, ret_metric);
}

void add(const tenon_host* host, tenon_metric metric, std::int64_t delta) {
  Instance& instance = instance_of(host);
  instance.metrics().add(*instance.services().metrics, metric, delta);
}

void set(const tenon_host* host, tenon_metric metric, std::int64_t value) {
  Instance& instance = instance_of(host);
  instance.metrics().set(*instance.services().metrics, metric, value);
}

void observe(const tenon_host* host, tenon_metric metric, std::int64_t value) {
  Instance& instance = instance_of(host);
  instance.metrics().observe(*instance.services().metrics, metric, value);
}

constexpr tenon_host_metrics table{sizeof(tenon_host_metrics), 0, declare, add, set, observe};

}  // namespace

const void* metrics_table() {
  return &table;
}

}  // namespace tenon::host
