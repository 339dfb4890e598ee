/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_RANDOM_H
#define TENON_DRAFT_RANDOM_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Random bytes: of the operating system in a broker, of the seed in a simulation. Fit for keys and salts. */
#define TENON_HOST_RANDOM_ID "tenon.host.random/1"

typedef struct tenon_host_random {
  uint32_t struct_size;
  uint32_t reserved;
  /* Fills `out` whole. [any] */
  void(TENON_CALL* fill)(const tenon_host* host, tenon_span out);
} tenon_host_random;

TENON_STATIC_ASSERT(sizeof(tenon_host_random) == 16, "layout");

TENON_EXTERN_C_END

#endif
