/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_HOST_HEALTH_H
#define TENON_HOST_HEALTH_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* What the plugin thinks of itself; shown by the API and metrics, FAILED makes the node not ready. */
#define TENON_HOST_HEALTH_ID "tenon.host.health/1"

#define TENON_HEALTH_OK 0u
#define TENON_HEALTH_DEGRADED 1u /* works, but somebody should look */
#define TENON_HEALTH_FAILED 2u   /* can't do its work */

typedef struct tenon_host_health {
  uint32_t struct_size;
  uint32_t reserved;
  /* Replaces the last report. `text` is one sentence, empty with OK. A value above FAILED counts as FAILED. [any] */
  void(TENON_CALL* report)(const tenon_host* host, uint32_t state, tenon_bytes text);
} tenon_host_health;

TENON_STATIC_ASSERT(sizeof(tenon_host_health) == 16, "layout");

TENON_EXTERN_C_END

#endif
