/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_ABI_BASE_H
#define TENON_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

/* Base of the tenon plugin ABI: integer types, statuses, byte slices, errors.
 *
 * Rules that hold for every header of the ABI:
 *  1. Plain C11, also valid as C++20. Fixed-width integers only; no enum, bool, long, size_t, float or bitfield
 *     in a struct or signature. Time is int64_t nanoseconds unless the name says otherwise.
 *  2. Every struct begins with `uint32_t struct_size`, set by whoever fills it to its own sizeof. A reader uses
 *     a field only if it lies within struct_size (TENON_HAS). Structs grow at the end only, within one `/N`.
 *     Small value types (tenon_bytes, tenon_span, tenon_array) never grow and carry no size.
 *  3. Text is UTF-8 in tenon_bytes, not null-terminated. Ids and descriptor strings are static and null-terminated.
 *  4. Nobody frees the other side's memory. Borrowed memory is valid until the call returns, unless said otherwise.
 *  5. No exception, longjmp or signal crosses the boundary in either direction.
 *  6. Each function's comment ends with its thread tag:
 *       [setup]   the host's control thread; serialised; may block for a short time
 *       [worker]  an event-loop thread; must not block, wait for a lock, or do I/O on files
 *       [store]   several threads of the host; serialised per engine; may block on disk
 *       [any]     any thread, also the plugin's own, concurrently
 *  7. Out-parameters come last, are named ret_*, and are untouched on failure unless said otherwise. */

#define TENON_CALL
#if defined(__GNUC__)
#define TENON_EXPORT __attribute__((visibility("default")))
#else
#define TENON_EXPORT
#endif

#ifdef __cplusplus
#define TENON_STATIC_ASSERT(cond, text) static_assert(cond, text)
#define TENON_EXTERN_C_BEGIN extern "C" {
#define TENON_EXTERN_C_END }
#else
#define TENON_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#define TENON_EXTERN_C_BEGIN
#define TENON_EXTERN_C_END
#endif

/* True when the struct at `ptr`, as its writer knew it, holds `field`. */
#define TENON_HAS(ptr, type, field) ((ptr)->struct_size >= offsetof(type, field) + sizeof(((type*)0)->field))

TENON_EXTERN_C_BEGIN

/* The level of these headers. Grows by one with each release that adds anything; see abi/module.h.
 * TENON_ABI_LEVEL is what the headers describe, TENON_ABI_GENERATION what the entry symbol is named after. */
#define TENON_ABI_LEVEL 1u
#define TENON_ABI_GENERATION 1u

/* Statuses. 0: done. >0: a documented outcome that is no error. <0: an error, forwarded unless the caller knows
 * better. An unknown negative value counts as TENON_E_INTERNAL and must not be retried. Numbers are never reused. */
typedef int32_t tenon_status;

#define TENON_OK ((tenon_status)0)
#define TENON_PENDING ((tenon_status)1)       /* will complete through the op */
#define TENON_MORE ((tenon_status)2)          /* done so far; call again for the rest */
#define TENON_NEEDS_RESTART ((tenon_status)3) /* valid, but takes effect only after a restart */
#define TENON_IGNORE ((tenon_status)4)        /* reserved: no call of today takes it */
#define TENON_AGAIN ((tenon_status)5)         /* not now; the host or plugin will say when */
#define TENON_END ((tenon_status)6)           /* nothing further */

#define TENON_E_INVALID ((tenon_status)-1)     /* wrong argument or input */
#define TENON_E_UNSUPPORTED ((tenon_status)-2) /* not offered by this plugin or host */
#define TENON_E_NOMEM ((tenon_status)-3)       /* a memory limit is reached */
#define TENON_E_BUSY ((tenon_status)-4)        /* a stated limit of work in flight is reached */
#define TENON_E_TIMEOUT ((tenon_status)-5)     /* the deadline passed */
#define TENON_E_CANCELLED ((tenon_status)-6)   /* given up by the caller */
#define TENON_E_STALE ((tenon_status)-7)       /* the op or handle is no longer open */
#define TENON_E_STATE ((tenon_status)-8)       /* not allowed in this state of the object */
#define TENON_E_THREAD ((tenon_status)-9)      /* called on a thread that the tag does not allow */
#define TENON_E_EXCEPTION ((tenon_status)-10)  /* an exception was caught at the boundary */
#define TENON_E_INTERNAL ((tenon_status)-11)   /* a fault of the callee */
#define TENON_E_NOT_FOUND ((tenon_status)-12)  /* no such thing */
#define TENON_E_EXISTS ((tenon_status)-13)     /* there is one already */
#define TENON_E_DENIED ((tenon_status)-14)     /* not allowed */
#define TENON_E_IO ((tenon_status)-200)        /* the operating system failed a read or write; may pass */
#define TENON_E_IO_FATAL \
  ((tenon_status)-201) /* a write or fsync failed; the engine has latched, never retried */
#define TENON_E_CORRUPT ((tenon_status)-202)  /* stored data does not hold together */
#define TENON_E_NOSPACE ((tenon_status)-203)  /* no space on the device; nothing was written */
#define TENON_E_CONFLICT ((tenon_status)-204) /* somebody else changed it meanwhile */
#define TENON_E_SNAPSHOT_GONE ((tenon_status)-205)
#define TENON_E_ADDRESS ((tenon_status)-400) /* address wrong, in use, or not available */
#define TENON_E_REFUSED ((tenon_status)-401) /* the peer refused */
#define TENON_E_CLOSED ((tenon_status)-402)  /* closed by the peer */
#define TENON_E_RESET ((tenon_status)-403)   /* reset by the peer or the network */

/* Borrowed read-only bytes; data may be null when len is 0. */
typedef struct tenon_bytes {
  const uint8_t* data;
  uint64_t len;
} tenon_bytes;

/* Borrowed writable bytes. */
typedef struct tenon_span {
  uint8_t* data;
  uint64_t len;
} tenon_span;

/* `count` elements that lie `stride` bytes apart; stride is the writer's sizeof of the element. */
typedef struct tenon_array {
  const void* data;
  uint32_t count;
  uint32_t stride;
} tenon_array;

/* Element `i` of an array, as a pointer to const `type`. REQUIRES: i < count. */
#define TENON_AT(array, type, i) \
  ((const type*)(const void*)((const uint8_t*)(array).data + (uint64_t)(i) * (array).stride))

/* A name and its value; both borrowed. */
typedef struct tenon_kv {
  tenon_bytes key;
  tenon_bytes value;
} tenon_kv;

/* What went wrong, in words. The host allocates it and sets struct_size; the callee fills it on failure.
 * `message` is null-terminated UTF-8 and names the place and what to do; it must hold no secret. */
#define TENON_ERROR_RETRYABLE 1u /* the same call may succeed later */
#define TENON_ERROR_FATAL 2u     /* the object is unusable from now on */
typedef struct tenon_error {
  uint32_t struct_size;
  tenon_status code;
  int32_t native_errno; /* errno of the operating system, or 0 */
  uint32_t flags;       /* TENON_ERROR_* */
  char message[512];
} tenon_error;

TENON_STATIC_ASSERT(sizeof(void*) == 8, "the ABI is defined for 64-bit targets only");
TENON_STATIC_ASSERT(sizeof(tenon_bytes) == 16 && sizeof(tenon_span) == 16 && sizeof(tenon_array) == 16,
                    "layout");
TENON_STATIC_ASSERT(sizeof(tenon_kv) == 32 && sizeof(tenon_error) == 528, "layout");

TENON_EXTERN_C_END

#endif
