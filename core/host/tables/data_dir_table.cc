#include <tenon/draft/data_dir.h>

#include <string>

#include "base/disk.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

tenon_status path(const tenon_host* host, const char** ret_path) {
  const Instance& instance = instance_of(host);
  if (instance.spec().data_dir.empty()) return TENON_E_NOT_FOUND;
  const std::string& dir = instance.spec().data_dir;
  Disk& disk = *instance.services().disk;
  if (const Status s = disk.make_dirs(dir); !s) return to_abi(s.error().code);
  // The plugin syncs what is in its directory; that the directory is there must last, too.
  const std::size_t end = dir.find_last_of('/');
  if (end != std::string::npos && end > 0)
    if (const Status s = disk.sync_dir(dir.substr(0, end)); !s) return to_abi(s.error().code);
  *ret_path = instance.spec().data_dir.c_str();
  return TENON_OK;
}

constexpr tenon_host_data_dir table{sizeof(tenon_host_data_dir), 0, path};

}  // namespace

const void* data_dir_table() {
  return &table;
}

}  // namespace tenon::host
