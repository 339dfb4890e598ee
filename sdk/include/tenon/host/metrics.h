/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_HOST_METRICS_H
#define TENON_HOST_METRICS_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* Metrics of a plugin, shown at /metrics as tenon_plugin_<name> with the label plugin="<instance>". Declared in init,
 * fixed after activate. Updates are lock-free. */
#define TENON_HOST_METRICS_ID "tenon.host.metrics/1"

#define TENON_METRIC_COUNTER 0u   /* only grows; name ends in _total */
#define TENON_METRIC_GAUGE 1u     /* goes up and down */
#define TENON_METRIC_HISTOGRAM 2u /* of seconds, bytes or counts, as the name says */

typedef struct tenon_metric_desc {
  uint32_t struct_size;
  uint32_t type; /* TENON_METRIC_* */
  tenon_bytes
      name; /* [a-z][a-z0-9_]*, with its unit: "lookup_seconds". Counters, and only they, end in _total;
                          nothing ends in _bucket, _count, _sum or _created */
  tenon_bytes help;    /* one sentence */
  tenon_array labels;  /* of tenon_kv; constant labels of this metric */
  tenon_array buckets; /* of int64_t, ascending upper bounds in the unit of observe(); histograms only */
} tenon_metric_desc;

typedef uint32_t tenon_metric; /* 0 is never a metric; updates of 0 are ignored */

typedef struct tenon_host_metrics {
  uint32_t struct_size;
  uint32_t reserved;
  /* TENON_E_EXISTS for the same name and labels; TENON_E_STATE after activate. [setup] */
  tenon_status(TENON_CALL* declare)(const tenon_host* host, const tenon_metric_desc* desc,
                                    tenon_metric* ret_metric);
  /* Adds to a counter or gauge; a counter ignores a negative delta. [any] */
  void(TENON_CALL* add)(const tenon_host* host, tenon_metric metric, int64_t delta);
  /* Sets a gauge. [any] */
  void(TENON_CALL* set)(const tenon_host* host, tenon_metric metric, int64_t value);
  /* Counts one observation of a histogram; seconds are given in nanoseconds. [any] */
  void(TENON_CALL* observe)(const tenon_host* host, tenon_metric metric, int64_t value);
} tenon_host_metrics;

TENON_STATIC_ASSERT(sizeof(tenon_metric_desc) == 72 && sizeof(tenon_host_metrics) == 40, "layout");

TENON_EXTERN_C_END

#endif
