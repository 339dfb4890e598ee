#pragma once

#include "support/storage_suite/engine_under_test.h"

// The engines of this tree, as the build made them.
namespace tenon::test {

inline EngineUnderTest sqlite_engine() {
  return {"sqlite", TENON_STORAGE_SQLITE, "{}", TENON_STORAGE_MEMORY};
}
// Small pages, the smallest cache and the smallest log: spills, overflow and copying of the log happen all
// the time.
inline EngineUnderTest tight_sqlite_engine() {
  return {"tight_sqlite", TENON_STORAGE_SQLITE,
          R"({"page_bytes": 1024, "cache_bytes": 1048576, "wal_bytes_max": 1048576})", TENON_STORAGE_MEMORY};
}
inline EngineUnderTest memory_engine() {
  return {"memory", TENON_STORAGE_MEMORY, "{}", TENON_STORAGE_SQLITE};
}

#ifdef TENON_STORAGE_ROCKSDB
inline EngineUnderTest rocksdb_engine() {
  return {"rocksdb", TENON_STORAGE_ROCKSDB, "{}", TENON_STORAGE_SQLITE};
}
// The smallest memory: tables are written and merged all the time.
inline EngineUnderTest tight_rocksdb_engine() {
  return {"tight_rocksdb", TENON_STORAGE_ROCKSDB, R"({"write_buffer_bytes": 65536, "cache_bytes": 1048576})",
          TENON_STORAGE_MEMORY};
}
// The same over the host's disk table, which may be a simulated disk.
inline EngineUnderTest rocksdb_engine_on_disk() {
  return {"rocksdb_on_disk", TENON_STORAGE_ROCKSDB_ON_DISK, R"({"write_buffer_bytes": 65536})",
          TENON_STORAGE_MEMORY};
}
#endif

}  // namespace tenon::test
