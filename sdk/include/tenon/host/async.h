/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_HOST_ASYNC_H
#define TENON_HOST_ASYNC_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* Ending operations (abi/async.h). */
#define TENON_HOST_ASYNC_ID "tenon.host.async/1"

typedef struct tenon_host_async {
  uint32_t struct_size;
  uint32_t reserved;
  /* Closes the tokens of `count` completions that lie `stride` bytes apart. The host reads results that belong to
   * a token before this returns. An unknown, stale or doubly closed token is counted against the plugin and
   * otherwise ignored. Returns how many were accepted. Batches are cheaper than single calls: one wake-up for all.
   * [any] */
  uint32_t(TENON_CALL* complete)(const tenon_host* host, const tenon_completion* completions, uint32_t count,
                                 uint32_t stride);
} tenon_host_async;

TENON_STATIC_ASSERT(sizeof(tenon_host_async) == 16, "layout");

TENON_EXTERN_C_END

#endif
