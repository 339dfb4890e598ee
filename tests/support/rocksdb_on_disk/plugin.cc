// storage/rocksdb as it is shipped, but for what is below it: the files of tenon.host.disk/1.
#include "rocksdb/rocksdb_storage.h"
#include "support/rocksdb_on_disk/disk_files.h"

namespace tenon::test {

struct HostFiles {
  static constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID,
                                                  TENON_HOST_DISK_ID, nullptr};
  static std::shared_ptr<rocksdb::FileSystem> make(const tenon_host* host) { return make_disk_files(host); }
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.storage-rocksdb", TENON_VERSION,
                 tenon::storage_rocksdb::RocksdbStorage<tenon::test::HostFiles>)
