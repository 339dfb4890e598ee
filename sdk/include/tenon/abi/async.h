/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_ABI_ASYNC_H
#define TENON_ABI_ASYNC_H

#include <tenon/abi/base.h>

TENON_EXTERN_C_BEGIN

/* An operation that the host asked for and that ends once.
 *
 * The host makes the token and passes it with the request. A function that takes one answers
 *   TENON_OK       the result is complete; the token is closed and must not be used again,
 *   TENON_PENDING  the plugin closes the token by tenon_host_async.complete, from any thread; another thread may do
 *                  so before this call has returned, the host acts on it in a later turn of its loop,
 *   TENON_E_BUSY   too much in flight; the token is closed,
 *   an error       it failed; the token is closed.
 * Request memory stays valid until the plugin has closed the token, even when the host has given up meanwhile.
 * Every request carries a deadline. After it, the host acts as the kind says (auth: deny) and calls the kind's
 * cancel(); a late completion is counted and ignored.
 * 0 is never a token. The bits have no meaning to a plugin. */
typedef uint64_t tenon_op;

/* The end of one operation. */
typedef struct tenon_completion {
  uint32_t struct_size;
  tenon_status status; /* TENON_OK, or why it failed */
  tenon_op op;
} tenon_completion;

TENON_STATIC_ASSERT(sizeof(tenon_completion) == 16, "layout");

TENON_EXTERN_C_END

#endif
