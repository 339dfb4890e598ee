/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_TIMER_H
#define TENON_DRAFT_TIMER_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Timers on the current worker; one shot; about 1 ms coarse. */
#define TENON_HOST_TIMER_ID "tenon.host.timer/1"

typedef void(TENON_CALL* tenon_timer_fn)(void* user);

typedef struct tenon_host_timer {
  uint32_t struct_size;
  uint32_t reserved;
  /* [worker] */
  tenon_status(TENON_CALL* start)(const tenon_host* host, int64_t delay_ns, tenon_timer_fn fn, void* user,
                                  uint64_t* ret_token);
  /* TENON_OK: fn will not be called. TENON_E_STALE: it has been. [worker], the same as start's */
  tenon_status(TENON_CALL* cancel)(const tenon_host* host, uint64_t token);
} tenon_host_timer;

TENON_STATIC_ASSERT(sizeof(tenon_host_timer) == 24, "layout");

TENON_EXTERN_C_END

#endif
