/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_INTERCEPT_H
#define TENON_DRAFT_INTERCEPT_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind intercept: who decides on messages before they go anywhere.
 *
 * An interceptor names topic filters; messages of clients and of operators whose topic one of them matches, and wills that are
 * due, are shown to it, after the client's permission to publish was found. It lets a message pass, refuses it, drops it, or
 * has other text take its place. Messages that come from other nodes, retained messages that new subscribers are sent,
 * and what the broker says of itself are not shown: the former were, where they came in.
 *
 * Interceptors stand in a chain (conf.d: intercept.<name>.order). The topic as it came in says which of them are asked; each
 * sees the message as the one before it left it. The first that refuses or drops a message ends that. An error, or
 * no answer before the deadline, refuses it too, unless intercept.<name>.on_error says otherwise. */
#define TENON_INTERCEPT_ID "tenon.intercept/1"

/* Of a message. A plugin passes over flags that it does not know. */
#define TENON_INTERCEPT_RETAIN 1u   /* it is to be retained */
#define TENON_INTERCEPT_WILL 2u     /* of a client that is gone; its topic can't be replaced, see below */
#define TENON_INTERCEPT_OPERATOR 4u /* an operator publishes it; there is no client */

/* One message. All memory belongs to the host and stays valid until the op is closed. What there is nothing to say of is
 * empty or 0: of a will, user, peer, listener and version. */
typedef struct tenon_intercept_message {
  uint32_t struct_size;
  uint32_t flags;           /* TENON_INTERCEPT_RETAIN, ... */
  int64_t deadline_mono_ns; /* what the host does without an answer by then: intercept.<name>.on_error */
  uint32_t qos;
  uint32_t version; /* of MQTT: 3, 4 or 5 */
  tenon_bytes tenant;
  tenon_bytes client_id;
  tenon_bytes user;
  tenon_bytes peer; /* "192.0.2.1:4711", "[2001:db8::1]:4711", or "unix" */
  tenon_bytes listener;
  tenon_bytes topic; /* as clients of the tenant write it */
  tenon_bytes payload;
  tenon_array user_properties; /* of tenon_kv, in order; names may repeat */
} tenon_intercept_message;

/* What takes the place of parts of a message, for TENON_INTERCEPT_REPLACE. The host's; it copies what it is given at once.
 * What is not set stays as it is. Good as long as the result that it stands in; not for two threads at once. */
typedef struct tenon_intercept_change tenon_intercept_change;
struct tenon_intercept_change {
  uint32_t struct_size;
  uint32_t reserved;
  /* The topic. It must be one that the client may publish to, too: else the message is refused. Interceptors are not chosen
   * anew for it. TENON_E_INVALID: it is no topic name; TENON_E_UNSUPPORTED: the message is a will, and nobody knows any
   * more what its client may do. With an error, here and below, nothing has changed.
   * [any] */
  tenon_status(TENON_CALL* set_topic)(tenon_intercept_change* change, tenon_bytes topic);
  /* The payload; empty is one, too. Where the message says that it is text, it must stay that: else it is refused.
   * TENON_E_INVALID: it is longer than MQTT can say.
   * [any] */
  tenon_status(TENON_CALL* set_payload)(tenon_intercept_change* change, tenon_bytes payload);
  /* Takes away the user properties, those that were added here included.
   * [any] */
  tenon_status(TENON_CALL* clear_user_properties)(tenon_intercept_change* change);
  /* Adds one behind those that there are. TENON_E_INVALID: it is not UTF-8, or longer than 65535 bytes.
   * [any] */
  tenon_status(TENON_CALL* add_user_property)(tenon_intercept_change* change, tenon_bytes name,
                                              tenon_bytes value);
};

#define TENON_INTERCEPT_PASS 0u /* on to the next one */
#define TENON_INTERCEPT_REFUSE \
  1u /* with reason_code; MQTT 3 has none: it is acknowledged there and goes nowhere */
#define TENON_INTERCEPT_DROP 2u    /* it is acknowledged, and goes nowhere */
#define TENON_INTERCEPT_REPLACE 3u /* on to the next one, as `change` says */

/* The answer. The host zeroes it, sets struct_size and change. `reason` stays valid until the next call into this instance on
 * the same worker (TENON_OK), or until complete() has returned (TENON_PENDING). */
typedef struct tenon_intercept_result {
  uint32_t struct_size;
  uint32_t decision;    /* TENON_INTERCEPT_PASS, ...; an unknown value counts as an error */
  uint32_t reason_code; /* with REFUSE: 0x80, 0x83, 0x87, 0x90, 0x97 or 0x99; 0, or another: 0x87 */
  uint32_t reserved;
  tenon_bytes reason; /* with REFUSE: a short sentence for the log; no secret */
  tenon_intercept_change* change;
} tenon_intercept_result;

typedef struct tenon_intercept_wishes {
  uint32_t struct_size;
  uint32_t reserved;
  const tenon_bytes*
      filters; /* topic filters, without $share, at least one; they hold for topics of all tenants */
  uint64_t filter_count;
} tenon_intercept_wishes;

typedef struct tenon_intercept {
  uint32_t struct_size;
  uint32_t reserved;
  /* Fills in the filters of the topics that it wishes to decide on. Asked behind activate and behind each reconfigure that
   * succeeded; what it points to stays as it is until the next call of this or of deactivate. Messages that workers
   * look at meanwhile may still be chosen by the former filters.
   * An error, or filters that are none: the start fails; behind a reconfigure the former ones stay, which is logged.
   * [setup] */
  tenon_status(TENON_CALL* wishes)(tenon_plugin* self, tenon_intercept_wishes* ret_wishes,
                                   tenon_error* error);
  /* Decides on one message. TENON_OK: *ret_result is complete. TENON_PENDING: the plugin fills *ret_result before it closes
   * `op`; what the client sends behind the message waits for that, other clients do not. Anything else is an error.
   * Work that takes more than some microseconds must not be done here. wishes and reconfigure may run meanwhile.
   * [worker] */
  tenon_status(TENON_CALL* intercept)(tenon_plugin* self, void* worker_ctx,
                                      const tenon_intercept_message* message, tenon_op op,
                                      tenon_intercept_result* ret_result);
  /* The host no longer waits for `op`. TENON_OK: the plugin holds no reference to the message, the token is closed.
   * TENON_PENDING: it does; it will close the token soon. Must not wait. Required of plugins that answer PENDING.
   * [worker] */
  tenon_status(TENON_CALL* cancel)(tenon_plugin* self, void* worker_ctx, tenon_op op);
} tenon_intercept;

TENON_STATIC_ASSERT(sizeof(tenon_intercept_message) == 152, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_intercept_change) == 40, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_intercept_result) == 40, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_intercept_wishes) == 24, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_intercept) == 32, "layout");

TENON_EXTERN_C_END

#endif
