// storage/rocksdb: an engine on one RocksDB database. README.md is its manual.
#include "rocksdb/rocksdb_storage.h"

namespace tenon::storage_rocksdb {

// The files of the operating system, by RocksDB's own means.
struct SystemFiles {
  static constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID, nullptr};
  static std::shared_ptr<rocksdb::FileSystem> make(const tenon_host*) {
    return rocksdb::FileSystem::Default();
  }
};

}  // namespace tenon::storage_rocksdb

TENON_CPP_MODULE(1, "org.tenon.storage-rocksdb", TENON_VERSION,
                 tenon::storage_rocksdb::RocksdbStorage<tenon::storage_rocksdb::SystemFiles>)
