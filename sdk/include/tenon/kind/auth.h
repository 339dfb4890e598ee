/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_KIND_AUTH_H
#define TENON_KIND_AUTH_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* Kind auth: who may connect, and what they may publish, subscribe and receive.
 *
 * Plugins stand in a chain (conf.d: auth.chain.<name>.{enable,order}). Each answers a request with ALLOW or DENY,
 * which end the walk, or IGNORE, which asks the next one. When all ignore: denied, unless anonymous clients are
 * allowed there and the client gave no user name, or its name was proved by a certificate. An error, or no answer before the deadline: denied.
 *
 * A plugin that allows a client gives a permission set: an immutable object that answers without delay, for each
 * message, whether this client may publish or receive it. Without one, the client is allowed every topic. */
#define TENON_AUTH_ID "tenon.auth/1"

/* A permission set. Plugin-owned; one object may serve many clients. */
typedef struct tenon_permset tenon_permset;

/* CONTINUE and REAUTH carry what CONNECT and the login said of the client, the method and the packet's data, and
 * neither password nor will; they go to the plugin that answered MORE, or ALLOW, before. What REAUTH allows takes
 * the place of what held before; it must name the same user, and its limits but for valid_ms are not read. */
#define TENON_AUTH_START 0u    /* CONNECT */
#define TENON_AUTH_CONTINUE 1u /* AUTH that answers a CONTINUE */
#define TENON_AUTH_REAUTH 2u   /* AUTH that starts a re-authentication of a live link */

#define TENON_AUTH_HAS_USERNAME 1u /* the field was present, even if empty */
#define TENON_AUTH_HAS_PASSWORD 2u
#define TENON_AUTH_HAS_WILL 4u
#define TENON_AUTH_CLEAN_START 8u
#define TENON_AUTH_TLS 16u             /* the link is encrypted */
#define TENON_AUTH_CERT_VERIFIED 32u   /* cert_chain was checked against the listener's CA */
#define TENON_AUTH_CLIENT_ID_GIVEN 64u /* chosen by the client; else the broker assigned it */

#define TENON_AUTH_USERNAME_PROVED \
  128u /* the name is that of the client's certificate, as the listener's TLS says: no password is needed */

#define TENON_ADDR_NONE 0u /* a unix socket, or unknown */
#define TENON_ADDR_IPV4 1u
#define TENON_ADDR_IPV6 2u

/* One question "may this client come in". All memory belongs to the host and stays valid until the op is closed. */
typedef struct tenon_auth_request {
  uint32_t struct_size;
  uint32_t step;            /* TENON_AUTH_START, ... */
  uint64_t cont;            /* what the plugin put into tenon_auth_result.cont before; 0 at START */
  int64_t deadline_mono_ns; /* the host denies when no answer came by then */
  uint32_t flags;           /* TENON_AUTH_HAS_*, ... */
  uint32_t protocol_level;  /* 3, 4 or 5 */
  tenon_bytes listener;     /* its name in conf.d */
  tenon_bytes tenant;       /* that the listener states; may be empty */
  uint32_t peer_family;     /* TENON_ADDR_* */
  uint32_t peer_port;
  uint8_t peer_addr[16]; /* network byte order; IPv4 in the first four */
  tenon_bytes client_id;
  tenon_bytes username;
  tenon_bytes password; /* secret; may hold any byte; wiped by the host afterwards */
  tenon_bytes auth_method;
  tenon_bytes auth_data; /* secret */
  tenon_bytes will_topic;
  tenon_bytes tls_version; /* "TLSv1.3" */
  tenon_bytes tls_sni;
  tenon_bytes tls_alpn;
  tenon_bytes cert_subject;    /* RFC 4514 text of the client's certificate, empty without one */
  tenon_array cert_chain;      /* of tenon_bytes, DER, client's own first */
  tenon_array user_properties; /* of tenon_kv, in order */
} tenon_auth_request;

#define TENON_AUTH_IGNORE 0u
#define TENON_AUTH_ALLOW 1u
#define TENON_AUTH_DENY 2u
#define TENON_AUTH_MORE 3u /* send auth_data to the client and wait for its AUTH packet */

/* The answer. The host zeroes it and sets struct_size. Bytes that the plugin puts in stay valid until the next call
 * into this instance on the same worker (TENON_OK), or until complete() has returned (TENON_PENDING). */
typedef struct tenon_auth_result {
  uint32_t struct_size;
  uint32_t decision;    /* TENON_AUTH_*; an unknown value counts as DENY */
  uint32_t reason_code; /* MQTT 5 reason code for DENY; 0: 0x86 or 0x87 as the host sees fit */
  uint32_t qos_max;     /* 0..2; read only with TENON_AUTH_LIMIT_QOS */
  uint32_t limits;      /* TENON_AUTH_LIMIT_*: which of the limits below are set */
  uint32_t packet_bytes_max;
  uint32_t receive_maximum;
  uint32_t session_expiry_s_max;
  uint64_t cont;                /* with MORE: echoed in the next request */
  tenon_bytes username;         /* the name to use from now on; empty: unchanged */
  tenon_bytes tenant;           /* empty: that of the listener */
  tenon_bytes auth_data;        /* for the client */
  tenon_bytes audit;            /* one line for the audit log; no secret */
  const tenon_permset* permset; /* with one reference for the host; null: everything is allowed */
  /* Appended; a host that knows it has a struct_size that covers it. Read only with TENON_AUTH_LIMIT_VALID: the
   * client is disconnected (0xA0) when so much time has passed, unless it has authenticated anew by then. */
  uint64_t valid_ms;
} tenon_auth_result;

#define TENON_AUTH_LIMIT_QOS 1u
#define TENON_AUTH_LIMIT_PACKET_BYTES 2u
#define TENON_AUTH_LIMIT_RECEIVE_MAXIMUM 4u
#define TENON_AUTH_LIMIT_SESSION_EXPIRY 8u
#define TENON_AUTH_LIMIT_VALID 16u

#define TENON_ACTION_PUBLISH 0u /* the client publishes (or its will does) to the topic */
#define TENON_ACTION_RECEIVE 1u /* a message of that topic is delivered to the client */
#define TENON_ACTION_SUBSCRIBE \
  2u /* the client subscribes to the filter; $share and $oshare prefixes are cut off */

/* One question "may this client do that". */
typedef struct tenon_authz_query {
  uint32_t struct_size;
  uint32_t action; /* TENON_ACTION_*; an unknown value: DENY */
  uint32_t qos;
  uint32_t retain; /* 1 or 0 */
  tenon_bytes topic;
} tenon_authz_query;

#define TENON_VERDICT_DENY 0u
#define TENON_VERDICT_ALLOW 1u

/* What an auth plugin offers. Optional members may be null. */
typedef struct tenon_auth {
  uint32_t struct_size;
  uint32_t reserved;

  /* Decides one CONNECT or AUTH. TENON_OK: *ret_result is complete. TENON_PENDING: the plugin fills *ret_result
   * before it closes `op`. Anything else denies. Work that takes more than some microseconds (hashes, files, network)
   * must not be done here: use tenon.host.pool/1 or threads of its own.
   * [worker] */
  tenon_status(TENON_CALL* authenticate)(tenon_plugin* self, void* worker_ctx,
                                         const tenon_auth_request* request, tenon_op op,
                                         tenon_auth_result* ret_result);

  /* The host no longer waits for `op`. TENON_OK: the plugin holds no reference to the request, the token is closed.
   * TENON_PENDING: it does; it will close the token soon. Must not wait. Required of plugins that answer PENDING.
   * [worker] */
  tenon_status(TENON_CALL* cancel)(tenon_plugin* self, void* worker_ctx, tenon_op op);

  /* Answers `count` queries (`stride` bytes apart) with TENON_VERDICT_* each. No host call, no lock wait, no I/O.
   * Same set, same query: same answer. Required of plugins that give permission sets.
   * [any] */
  void(TENON_CALL* permset_check)(const tenon_permset* set, const tenon_authz_query* queries, uint32_t count,
                                  uint32_t stride, uint8_t* ret_verdicts);

  /* After tenon_host_auth.invalidate: the set that now holds for the client that `old` was made for, with one
   * reference. Any error, or none: the client may stay no longer and is disconnected. Optional: without it clients of
   * the scope are disconnected, and so are those that were allowed without a set.
   * [worker] */
  tenon_status(TENON_CALL* permset_refresh)(tenon_plugin* self, void* worker_ctx, const tenon_permset* old,
                                            const tenon_permset** ret_permset);

  /* [any] */
  void(TENON_CALL* permset_retain)(const tenon_permset* set);
  /* [any] */
  void(TENON_CALL* permset_release)(const tenon_permset* set);
} tenon_auth;

/* What the host offers to auth plugins. */
#define TENON_HOST_AUTH_ID "tenon.host.auth/1"

#define TENON_SCOPE_ALL 0u       /* every client this instance has allowed */
#define TENON_SCOPE_USER 1u      /* those with this user name */
#define TENON_SCOPE_CLIENT_ID 2u /* those with this client id */

typedef struct tenon_host_auth {
  uint32_t struct_size;
  uint32_t reserved;
  /* The permissions of the clients in the scope have changed: the host asks permset_refresh for each of them.
   * Returns at once; cached verdicts are dropped before the next message after that is delivered.
   * [any] */
  void(TENON_CALL* invalidate)(const tenon_host* host, uint32_t scope, tenon_bytes value);
} tenon_host_auth;

TENON_STATIC_ASSERT(sizeof(tenon_auth_request) == 280, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_auth_result) == 120, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_authz_query) == 32, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_auth) == 56 && sizeof(tenon_host_auth) == 16, "layout");

TENON_EXTERN_C_END

#endif
