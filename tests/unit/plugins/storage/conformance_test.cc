// The conformance suite over the engines of this tree.
#include "engines.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {

TENON_STORAGE_SUITE(Sqlite, sqlite_engine());
TENON_STORAGE_SUITE(TightSqlite, tight_sqlite_engine());
TENON_STORAGE_SUITE(Memory, memory_engine());

#ifdef TENON_STORAGE_ROCKSDB
TENON_STORAGE_SUITE_ON_REAL_DISKS(Rocksdb, rocksdb_engine());
TENON_STORAGE_SUITE_ON_REAL_DISKS(TightRocksdb, tight_rocksdb_engine());
TENON_STORAGE_SUITE(RocksdbOnDisk, rocksdb_engine_on_disk());
#endif

}  // namespace tenon::test
