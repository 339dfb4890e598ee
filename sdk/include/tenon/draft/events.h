/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_EVENTS_H
#define TENON_DRAFT_EVENTS_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind events: an observer of what clients do.
 *
 * The host takes note of what an observer wishes to see, and hands it over in batches on a thread of that instance
 * alone, which may wait: for a file, or for the network. Nothing that clients do ever waits for it. What comes while the
 * queue of the instance is full (`events.<name>.queue_bytes_max`) is left out and counted; the next batch says how many.
 * Events are told by the node where they happen, in the order in which each of its workers saw them; across
 * workers the order is that of their arrival. There is no memory of events: those of a node that dies are lost with it. */
#define TENON_EVENTS_ID "tenon.events/1"

/* Types; the bit of one in `types` is UINT64_C(1) << it. A plugin passes over those that it does not know. */
#define TENON_EVENT_CLIENT_CONNECTED 1u    /* flags: TENON_EVENT_PRESENT */
#define TENON_EVENT_CLIENT_DISCONNECTED 2u /* one that was connected; code, reason */
#define TENON_EVENT_CLIENT_REFUSED 3u      /* it was not let in, or may not stay as who it is: code, reason */
#define TENON_EVENT_CLIENT_BANNED 4u       /* it connects again and again, and is not let in for a while */
#define TENON_EVENT_SUBSCRIBED 5u          /* topic: the filter; qos; code, which may be that of a refusal */
#define TENON_EVENT_UNSUBSCRIBED 6u        /* topic: the filter; code */
/* topic, payload, qos, flags: TENON_EVENT_RETAIN, TENON_EVENT_WILL. A message that a client may publish, or a will that is
 * due; it may still come to nothing. One that is repeated may be told again. */
#define TENON_EVENT_MESSAGE_PUBLISHED 7u
#define TENON_EVENT_SESSION_ENDED 8u   /* reason: "connection" (with it), "clean start", "expired" */
#define TENON_EVENT_MESSAGE_REFUSED 9u /* the client may not publish there: topic, qos, code, flags */
#define TENON_EVENT_TYPE_LAST TENON_EVENT_MESSAGE_REFUSED

#define TENON_EVENT_PRESENT 1u   /* the client's session was there before */
#define TENON_EVENT_RETAIN 2u    /* the message is to be retained */
#define TENON_EVENT_TRUNCATED 4u /* the payload is longer than what is shown of it */
#define TENON_EVENT_WILL 8u      /* the message is a will */

/* One event. Texts come from clients: any bytes of valid UTF-8, payloads any bytes at all. What does not belong to its type
 * is zero or empty. Borrowed for the call. */
typedef struct tenon_event {
  uint32_t struct_size;
  uint32_t type; /* TENON_EVENT_* */
  int64_t unix_ms;
  tenon_bytes tenant;
  tenon_bytes client_id;
  tenon_bytes user; /* empty: it has none */
  tenon_bytes peer; /* "192.0.2.1:4711", "[2001:db8::1]:4711", or "unix" */
  tenon_bytes listener;
  tenon_bytes topic; /* without what the broker puts before those of tenants */
  tenon_bytes payload;
  tenon_bytes reason;
  uint32_t code; /* MQTT 5.0 reason code, for all versions */
  uint32_t qos;
  uint32_t flags;
  uint32_t version; /* of MQTT, as CONNECT states it: 3, 4 or 5; 0: not known */
} tenon_event;

typedef struct tenon_event_wishes {
  uint32_t struct_size;
  uint32_t payload_bytes_max; /* no more of a payload is shown */
  uint64_t types;             /* bits */
  /* Topic filters, without $share: of MESSAGE_PUBLISHED only topics that one of them matches. None: no message. */
  const tenon_bytes* filters;
  uint64_t filter_count;
  uint32_t batch_count_max; /* no more events at a time; 0: as many as the host likes */
  uint32_t linger_ms;       /* the first event of a batch waits so long for others, 60000 at most */
} tenon_event_wishes;

typedef struct tenon_events {
  uint32_t struct_size;
  uint32_t reserved;
  /* Fills in what the observer wishes to see. Asked behind activate and behind each reconfigure that succeeded; what it
   * points to stays as it is until the next call of this or of deactivate.
   * An error, or filters that are none: the start fails; behind a reconfigure it goes on as before, which is logged.
   * [setup] */
  tenon_status(TENON_CALL* wishes)(tenon_plugin* plugin, tenon_event_wishes* ret_wishes, tenon_error* error);
  /* Takes `count` events, at least one, each `stride` bytes behind the one before. `dropped` is how many it has not had
   * since the last ones that it took: left out while the queue was full, or lost by another error, see below.
   * TENON_OK: it has them and knows of those that were dropped; neither is told again.
   * TENON_E_BUSY: it can't have them now. The host gives the same ones again after a pause, of 0.1 s and up to 10 s as
   * that goes on; what comes meanwhile waits in the queue.
   * Another error: they are lost to it, which is logged and counted; the next call has them in `dropped`.
   * Ends within a bounded time: a node that stops gives what waits until shutdown.timeout_s has passed, but waits for
   * the call that runs. Called from activate on, and behind quiesce, too, until deactivate; never by two threads at
   * once. reconfigure, wishes and quiesce may be called meanwhile, so that the plugin guards what it uses in both.
   * Not [store]: a thread of this instance alone, which may block on a disk and on the network. */
  tenon_status(TENON_CALL* deliver)(tenon_plugin* plugin, const tenon_event* events, uint64_t count,
                                    uint64_t stride, uint64_t dropped, tenon_error* error);
} tenon_events;

TENON_EXTERN_C_END

#endif
