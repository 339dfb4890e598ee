/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_REACTOR_H
#define TENON_DRAFT_REACTOR_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Readiness of file descriptors on the current worker. Level-triggered. */
#define TENON_HOST_REACTOR_ID "tenon.host.reactor/1"

#define TENON_FD_READ 1u
#define TENON_FD_WRITE 2u
#define TENON_FD_CLOSED 4u /* reported, never asked for: error or hang-up */

typedef void(TENON_CALL* tenon_fd_fn)(void* user, uint32_t events);

typedef struct tenon_host_reactor {
  uint32_t struct_size;
  uint32_t reserved;
  /* Watches a descriptor, which stays the plugin's. `fn` is called on this worker; never after remove() has
   * returned. `events` may be 0: only TENON_FD_CLOSED is reported.
   * [worker] */
  tenon_status(TENON_CALL* add)(const tenon_host* host, int32_t fd, uint32_t events, tenon_fd_fn fn,
                                void* user, uint64_t* ret_token);
  /* [worker], the same as add's */
  tenon_status(TENON_CALL* modify)(const tenon_host* host, uint64_t token, uint32_t events);
  /* To be called before the descriptor is closed. [worker], the same as add's */
  void(TENON_CALL* remove)(const tenon_host* host, uint64_t token);
} tenon_host_reactor;

TENON_STATIC_ASSERT(sizeof(tenon_host_reactor) == 32, "layout");

TENON_EXTERN_C_END

#endif
