/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_CLOCK_H
#define TENON_DRAFT_CLOCK_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Time. A plugin that runs under the simulator takes time from nowhere else. */
#define TENON_HOST_CLOCK_ID "tenon.host.clock/1"

typedef struct tenon_host_clock {
  uint32_t struct_size;
  uint32_t reserved;
  /* Nanoseconds of a clock that never goes back. [any] */
  int64_t(TENON_CALL* mono_ns)(const tenon_host* host);
  /* Nanoseconds since 1970-01-01 UTC; may jump. [any] */
  int64_t(TENON_CALL* unix_ns)(const tenon_host* host);
} tenon_host_clock;

TENON_STATIC_ASSERT(sizeof(tenon_host_clock) == 24, "layout");

TENON_EXTERN_C_END

#endif
