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

}  // namespace tenon::test
