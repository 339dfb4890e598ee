/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_DATA_DIR_H
#define TENON_DRAFT_DATA_DIR_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. A directory of the plugin's own below node.data_dir. */
#define TENON_HOST_DATA_DIR_ID "tenon.host.data-dir/1"

typedef struct tenon_host_data_dir {
  uint32_t struct_size;
  uint32_t reserved;
  /* Its absolute, null-terminated path; exists, mode 0700; valid as long as the host. For an engine it is
   * engines.<name>.path. [setup] */
  tenon_status(TENON_CALL* path)(const tenon_host* host, const char** ret_path);
} tenon_host_data_dir;

TENON_STATIC_ASSERT(sizeof(tenon_host_data_dir) == 16, "layout");

TENON_EXTERN_C_END

#endif
