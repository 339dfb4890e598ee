/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_HOST_LOG_H
#define TENON_HOST_LOG_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* Log records of a plugin. The host adds time, plugin name and thread, limits the rate per plugin, and escapes what
 * could forge a line. A record must hold no secret. */
#define TENON_HOST_LOG_ID "tenon.host.log/1"

#define TENON_LOG_TRACE 0u
#define TENON_LOG_DEBUG 1u
#define TENON_LOG_INFO 2u
#define TENON_LOG_WARN 3u
#define TENON_LOG_ERROR 4u

typedef struct tenon_log_record {
  uint32_t struct_size;
  uint32_t level;      /* TENON_LOG_*; a larger value counts as ERROR */
  tenon_bytes event;   /* stable name, "area.noun_verb" */
  tenon_bytes message; /* a sentence for people */
  tenon_array fields;  /* of tenon_kv */
} tenon_log_record;

typedef struct tenon_host_log {
  uint32_t struct_size;
  uint32_t reserved;
  /* 1 when a record of this level would be written, else 0. Cheap: ask before formatting.
   * [any] */
  uint32_t(TENON_CALL* enabled)(const tenon_host* host, uint32_t level);
  /* Takes a copy of the record. Never fails; what the rate limit drops is counted.
   * [any] */
  void(TENON_CALL* write)(const tenon_host* host, const tenon_log_record* record);
} tenon_host_log;

TENON_STATIC_ASSERT(sizeof(tenon_log_record) == 56 && sizeof(tenon_host_log) == 24, "layout");

TENON_EXTERN_C_END

#endif
