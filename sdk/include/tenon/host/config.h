/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_HOST_CONFIG_H
#define TENON_HOST_CONFIG_H

#include <tenon/abi/module.h>

TENON_EXTERN_C_BEGIN

/* The options of this instance: the object `plugins.<name>.options` (auth chain and engines: merged with the options
 * stated there), already checked against the plugin's JSON Schema. May be called in init and reconfigure; bytes stay
 * valid until that call returns. `path` is null-terminated, with dots between names and numbers for list elements
 * ("servers.0.host"). Missing: TENON_E_NOT_FOUND. Another type: TENON_E_INVALID. */
#define TENON_HOST_CONFIG_ID "tenon.host.config/1"

typedef struct tenon_host_config {
  uint32_t struct_size;
  uint32_t reserved;
  /* The whole object as JSON text. [setup] */
  tenon_status(TENON_CALL* get_json)(const tenon_host* host, tenon_bytes* ret_json);
  /* [setup] */
  tenon_status(TENON_CALL* get_string)(const tenon_host* host, const char* path, tenon_bytes* ret_text);
  /* [setup] */
  tenon_status(TENON_CALL* get_int)(const tenon_host* host, const char* path, int64_t* ret_value);
  /* 1 or 0. [setup] */
  tenon_status(TENON_CALL* get_bool)(const tenon_host* host, const char* path, uint32_t* ret_value);
  /* Number of elements of a list or members of an object. [setup] */
  tenon_status(TENON_CALL* get_count)(const tenon_host* host, const char* path, uint32_t* ret_count);
  /* Where the value was set, "file:line" or the like, for error texts. [setup] */
  tenon_status(TENON_CALL* get_origin)(const tenon_host* host, const char* path, tenon_bytes* ret_text);
} tenon_host_config;

TENON_STATIC_ASSERT(sizeof(tenon_host_config) == 56, "layout");

TENON_EXTERN_C_END

#endif
