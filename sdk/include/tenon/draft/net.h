/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_NET_H
#define TENON_DRAFT_NET_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>
#include <tenon/draft/transport.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Links through the transports that the broker has loaded, for plugins that talk to others. In a simulation the
 * links lead through the simulated network. */
#define TENON_HOST_NET_ID "tenon.host.net/1"

typedef struct tenon_host_net {
  uint32_t struct_size;
  uint32_t reserved;
  /* Finds a transport by its name in conf.d ("tcp"): its table and instance, to be called as draft/transport.h says.
   * TENON_E_NOT_FOUND: conf.d names no such transport. Valid until this plugin's deactivate returns.
   * [setup] */
  tenon_status(TENON_CALL* transport)(const tenon_host* host, tenon_bytes name,
                                      const tenon_transport** ret_transport, tenon_plugin** ret_instance);
  /* A token for tenon_transport.connect of that instance, whose end is reported to on_done on this worker. 0: it has as
   * many open as it may.
   * [worker] */
  tenon_op(TENON_CALL* open_op)(const tenon_host* host, tenon_plugin* instance,
                                void(TENON_CALL* on_done)(void* user, tenon_status status), void* user);
  /* Drops the token of a connect that did not return TENON_PENDING; on_done is not called.
   * [worker], the same as open_op's */
  void(TENON_CALL* close_op)(const tenon_host* host, tenon_plugin* instance, tenon_op op);
} tenon_host_net;

TENON_STATIC_ASSERT(sizeof(tenon_host_net) == 32, "layout");

TENON_EXTERN_C_END

#endif
