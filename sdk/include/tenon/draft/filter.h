/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_FILTER_H
#define TENON_DRAFT_FILTER_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>
#include <tenon/draft/transport.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind filter: what a link's bytes pass through between a transport and whatever speaks above: TLS, WebSocket.
 *
 * A filter is a state machine: bytes in, bytes out. It opens no socket, starts no thread and waits for nothing; the
 * host moves the bytes, and stacks filters on each other without either of them knowing. All calls of a link are made
 * on its worker, one at a time; those of tenon_filter_host only within a call of the filter's own table for that link.
 *
 * Links have no half-closed state: the end of the stream below is the end of the link, and so is a peer's word that it
 * will send no more. */
#define TENON_FILTER_ID "tenon.filter/1"

typedef struct tenon_filter_conn tenon_filter_conn; /* the filter's side of a link */
typedef struct tenon_filter_link tenon_filter_link; /* the host's */

#define TENON_ROLE_SERVER 1u /* the peer has connected to this node */
#define TENON_ROLE_CLIENT 2u

/* What a filter knows of a link, for logs and auth plugins. A later value replaces an earlier one, but of the chain. */
#define TENON_FACT_TLS_VERSION 1u  /* "TLSv1.3" */
#define TENON_FACT_TLS_CIPHER 2u   /* "TLS_AES_128_GCM_SHA256" */
#define TENON_FACT_TLS_SNI 3u      /* the host name that the peer asked for */
#define TENON_FACT_TLS_ALPN 4u     /* the protocol that was agreed on */
#define TENON_FACT_CERT_SUBJECT 5u /* of the peer's certificate, RFC 4514 text */
#define TENON_FACT_CERT_DER 6u /* one certificate of the peer's chain, its own first; adds to those before */
#define TENON_FACT_CERT_VERIFIED 7u /* the chain was checked against the CA; the value is empty */
#define TENON_FACT_USERNAME 8u      /* who the peer has proved to be */
#define TENON_FACT_SUBPROTOCOL 9u   /* "mqtt" */

typedef struct tenon_filter_host {
  uint32_t struct_size;
  uint32_t reserved;
  /* The handshake is over: bytes may go up and come down from now on. Once. Error: the link is not wanted; return it.
   * All of these [worker]. */
  tenon_status(TENON_CALL* ready)(tenon_filter_link* link);
  /* From now on bytes pass unchanged both ways; the filter is asked no more but to close. Not before ready. */
  void(TENON_CALL* step_aside)(tenon_filter_link* link);
  /* Space for bytes that go up, at least one; valid until rx_commit. Not before ready. */
  tenon_span(TENON_CALL* rx_reserve)(tenon_filter_link* link);
  /* `len` bytes were put there; 0: nothing. TENON_OK: go on. TENON_AGAIN: `len` was taken, no more is for now; return
   * TENON_AGAIN. Error: the link has ended above; return it. */
  tenon_status(TENON_CALL* rx_commit)(tenon_filter_link* link, uint64_t len);
  /* Bytes for the peer, in this order. All are taken; borrowed for the call only. */
  void(TENON_CALL* put)(tenon_filter_link* link, const tenon_bytes* spans, uint32_t count);
  /* One TENON_FACT_*; an unknown key is ignored. */
  void(TENON_CALL* fact)(tenon_filter_link* link, uint32_t key, tenon_bytes value);
  /* The peer is another than the transport sees. Before ready. */
  void(TENON_CALL* set_peer)(tenon_filter_link* link, const tenon_peer_info* peer);
  /* Why an error is about to be returned: a short sentence for the log, no secret. */
  void(TENON_CALL* explain)(tenon_filter_link* link, tenon_bytes reason);
} tenon_filter_host;

/* Where a filter may stand: each in a stack has a higher place than the one below it. */
#define TENON_PLACE_ADDRESS 100u /* tells who the peer is; next to the transport */
#define TENON_PLACE_CIPHER 200u
#define TENON_PLACE_FRAMING 300u

typedef struct tenon_filter {
  uint32_t struct_size;
  uint32_t place; /* TENON_PLACE_*, or a number between */

  /* A link begins. A client's filter may put its first bytes here. `host` and `link` stay valid until close.
   * [worker] */
  tenon_status(TENON_CALL* open)(tenon_plugin* self, uint32_t worker, uint32_t role,
                                 const tenon_filter_host* host, tenon_filter_link* link,
                                 tenon_filter_conn** ret_conn);
  /* Bytes from below. *ret_taken says how many of them are done with.
   * TENON_OK: all were taken.
   * TENON_AGAIN: rx_commit said so. The host keeps what was not taken and calls again when more is wanted, maybe with
   * no new byte at all; until then nothing comes from below.
   * TENON_E_CLOSED: the peer has ended the link in good order. Any other error: it broke the rules of this filter, and
   * explain() said which. What was put is sent, the link is closed; only close() follows.
   * [worker] */
  tenon_status(TENON_CALL* receive)(tenon_filter_conn* conn, tenon_bytes bytes, uint64_t* ret_taken);
  /* Bytes from above, at most 64 KiB and what filters above have added. All are taken, by put(); borrowed for the
   * call only. The host hands over nothing while the peer does not take what was put before. Error: as receive.
   * [worker] */
  tenon_status(TENON_CALL* send_v)(tenon_filter_conn* conn, const tenon_bytes* spans, uint32_t count);
  /* The link is closed in good order from above, or by a fault that is not this filter's: puts the last bytes, such as
   * a closing frame. Once, after ready(), and not after an error of its own. [worker] */
  void(TENON_CALL* finish)(tenon_filter_conn* conn);
  /* The link is gone; releases `conn`. [worker] */
  void(TENON_CALL* close)(tenon_filter_conn* conn);
} tenon_filter;

TENON_STATIC_ASSERT(sizeof(tenon_filter_host) == 72, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_filter) == 48, "layout");

TENON_EXTERN_C_END

#endif
