// The conformance suite over the engines of this tree.
#include "engines.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {

TENON_STORAGE_SUITE(Sqlite, sqlite_engine());
TENON_STORAGE_SUITE(TightSqlite, tight_sqlite_engine());
TENON_STORAGE_SUITE(Memory, memory_engine());

}  // namespace tenon::test
