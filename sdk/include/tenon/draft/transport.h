/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_TRANSPORT_H
#define TENON_DRAFT_TRANSPORT_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind transport: byte streams between this node and others, as links.
 *
 * A link lives on one worker from open to close. Incoming bytes are pushed into memory of the host (rx_reserve,
 * rx_commit); outgoing bytes are handed over once per turn of the loop (send_v). The host calls send_v, set_reading
 * and close only outside of the callbacks of tenon_link_events, so neither side is ever entered twice. */
#define TENON_TRANSPORT_ID "tenon.transport/1"

typedef struct tenon_conn tenon_conn;         /* the plugin's side of a link */
typedef struct tenon_listener tenon_listener; /* the plugin's side of a listening address */

#define TENON_PEER_NONE 0u
#define TENON_PEER_IPV4 1u
#define TENON_PEER_IPV6 2u
#define TENON_PEER_UNIX 3u

/* Who is at the other end. */
typedef struct tenon_peer_info {
  uint32_t struct_size;
  uint32_t family;  /* TENON_PEER_* */
  uint8_t addr[16]; /* network byte order; IPv4 in the first four */
  uint32_t port;
  uint32_t local_port;
  int64_t unix_uid; /* of the peer's process; -1: unknown */
  int64_t unix_pid;
} tenon_peer_info;

/* What the host wants to hear of links. One table for all links of a listener; all calls [worker], that of the link. */
typedef struct tenon_link_events {
  uint32_t struct_size;
  uint32_t reserved;
  /* A link is open. `user` is what listen or connect was given. TENON_OK: *ret_link is passed to the other calls.
   * Error: the plugin closes the connection and forgets it; no other call follows. */
  tenon_status(TENON_CALL* on_open)(void* user, uint32_t worker, tenon_conn* conn,
                                    const tenon_peer_info* peer, void** ret_link);
  /* Space for incoming bytes, at least one; valid until rx_commit. */
  tenon_span(TENON_CALL* rx_reserve)(void* link);
  /* `len` bytes were put there; 0: nothing, the space is given back. TENON_OK: go on. TENON_AGAIN: read no more until
   * set_reading(conn, 1). */
  tenon_status(TENON_CALL* rx_commit)(void* link, uint64_t len);
  /* After send_v took less than it was given: it would take more now. */
  void(TENON_CALL* on_writable)(void* link);
  /* The peer or the network ended the link: TENON_E_CLOSED, _RESET, _IO or _TIMEOUT. The plugin has released `conn`
   * when this returns; no other call follows. Not called after close(). */
  void(TENON_CALL* on_closed)(void* link, tenon_status why, int32_t native_errno);
} tenon_link_events;

typedef struct tenon_listen_request {
  uint32_t struct_size;
  uint32_t worker_count; /* accept_start will be called on workers 0 .. worker_count-1 */
  tenon_bytes
      address;   /* "127.0.0.1", "::1", "0.0.0.0", "::", a name, "*" (all, both families), or "unix:/path" */
  uint32_t port; /* 0: one is chosen; unused with unix: */
  uint32_t backlog; /* 0: the plugin's default */
} tenon_listen_request;

typedef struct tenon_connect_request {
  uint32_t struct_size;
  uint32_t port;
  tenon_bytes address; /* as tenon_listen_request, but "*" */
  int64_t deadline_mono_ns;
} tenon_connect_request;

#define TENON_CLOSE_FLUSH 1u /* what send_v has taken is delivered first, within a few seconds */

typedef struct tenon_transport {
  uint32_t struct_size;
  uint32_t reserved;

  /* Binds and listens; nothing is accepted yet. Failure names the address and the reason. `events` and `user` stay
   * valid until listener_close has returned.
   * [setup] */
  tenon_status(TENON_CALL* listen)(tenon_plugin* self, const tenon_listen_request* request,
                                   const tenon_link_events* events, void* user, tenon_listener** ret_listener,
                                   tenon_error* error);
  /* The port in use; 0 with unix:. [setup] */
  uint32_t(TENON_CALL* listener_port)(const tenon_listener* listener);
  /* Accepts on this worker from now on, links of this worker. [worker] */
  tenon_status(TENON_CALL* accept_start)(tenon_listener* listener, uint32_t worker, tenon_error* error);
  /* Accepts no more on this worker; open links stay. Connections that wait in the backlog are accepted first. May be
   * followed by accept_start. [worker] */
  void(TENON_CALL* accept_stop)(tenon_listener* listener, uint32_t worker);
  /* REQUIRES: accept_stop on each worker where accept_start was called. Open links stay. [setup] */
  void(TENON_CALL* listener_close)(tenon_listener* listener);

  /* Opens a link on this worker: closes `op` with TENON_OK after on_open, or with the reason.
   * [worker] */
  tenon_status(TENON_CALL* connect)(tenon_plugin* self, uint32_t worker, const tenon_connect_request* request,
                                    const tenon_link_events* events, void* user, tenon_op op);

  /* Sends as much as the peer takes now; *ret_len is how much. Less than all: on_writable will follow once.
   * An error is reported by on_closed later, never here. Bytes are borrowed for the call only.
   * [worker] */
  void(TENON_CALL* send_v)(tenon_conn* conn, const tenon_bytes* spans, uint32_t count, uint64_t* ret_len);
  /* 0: rx_reserve is not called until set_reading(conn, 1). [worker] */
  void(TENON_CALL* set_reading)(tenon_conn* conn, uint32_t on);
  /* Ends the link; `conn` is gone when this returns. [worker] */
  void(TENON_CALL* close)(tenon_conn* conn, uint32_t flags);
} tenon_transport;

TENON_STATIC_ASSERT(sizeof(tenon_peer_info) == 48 && sizeof(tenon_link_events) == 48, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_listen_request) == 32 && sizeof(tenon_connect_request) == 32, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_transport) == 80, "layout");

TENON_EXTERN_C_END

#endif
