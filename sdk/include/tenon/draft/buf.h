/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_BUF_H
#define TENON_DRAFT_BUF_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Reference-counted immutable bytes. */
#define TENON_HOST_BUF_ID "tenon.host.buf/1"

typedef struct tenon_buf tenon_buf;
typedef void(TENON_CALL* tenon_buf_free_fn)(void* user);

typedef struct tenon_host_buf {
  uint32_t struct_size;
  uint32_t reserved;
  /* New bytes with one reference; *ret_space may be written until the buffer is passed on. [any] */
  tenon_status(TENON_CALL* make)(const tenon_host* host, uint64_t len, tenon_buf** ret_buf,
                                 tenon_span* ret_space);
  /* Wraps memory of the plugin's; `free_fn` is called once, on any thread, when the last reference goes. [any] */
  tenon_status(TENON_CALL* wrap)(const tenon_host* host, tenon_bytes bytes, tenon_buf_free_fn free_fn,
                                 void* user, tenon_buf** ret_buf);
  /* Valid while a reference is held. [any] */
  tenon_bytes(TENON_CALL* bytes)(const tenon_buf* buf);
  /* [any] */
  void(TENON_CALL* retain)(tenon_buf* buf);
  /* [any] */
  void(TENON_CALL* release)(tenon_buf* buf);
} tenon_host_buf;

TENON_STATIC_ASSERT(sizeof(tenon_host_buf) == 48, "layout");

TENON_EXTERN_C_END

#endif
