/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/data_dir.h>

#include <string>

#include <tenon/failure.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.data-dir/1 (draft; list it in requires_host): the absolute path of the instance's own directory.
// Throws a Failure when there is none. [setup]
inline std::string data_dir(const tenon_host* host) {
  const HostTable<tenon_host_data_dir> table(host, TENON_HOST_DATA_DIR_ID);
  const char* path = nullptr;
  check(table->path ? table->path(host, &path) : TENON_E_UNSUPPORTED, "asking for the data directory");
  return path;
}

TENON_SDK_END
