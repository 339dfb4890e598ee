/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_POOL_H
#define TENON_DRAFT_POOL_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. The host's threads for work that blocks or computes long. */
#define TENON_HOST_POOL_ID "tenon.host.pool/1"

typedef void(TENON_CALL* tenon_job_fn)(void* arg);

typedef struct tenon_host_pool {
  uint32_t struct_size;
  uint32_t reserved;
  /* Runs fn(arg) once on some pool thread, in no order. TENON_E_BUSY: the queue of this plugin is full, fn will not
   * be called. All accepted jobs have ended before deactivate is called.
   * [any] */
  tenon_status(TENON_CALL* submit)(const tenon_host* host, tenon_job_fn fn, void* arg);
} tenon_host_pool;

TENON_STATIC_ASSERT(sizeof(tenon_host_pool) == 16, "layout");

TENON_EXTERN_C_END

#endif
