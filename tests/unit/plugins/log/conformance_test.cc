// The conformance suite over the journals of this tree.
#include "engine_journal.h"
#include "segment/segments/format.h"
#include "shared/byte_order.h"
#include "shared/crc32c.h"
#include "support/journal_suite/journal_suite.h"

namespace tenon::test {
namespace {

// A sound head of the next version.
std::vector<std::uint8_t> newer_head() {
  std::vector<std::uint8_t> block(segment_log::head_block_bytes);
  segment_log::encode_head_block({1, 1}, block);
  shared::store_le32(block.data() + 8, segment_log::format_version + 1);
  shared::store_le32(block.data() + 32, shared::crc32c({block.data(), 32}));
  block.resize(40);
  return block;
}

JournalUnderTest segment(std::string name, std::string options, std::uint64_t segment_bytes) {
  JournalUnderTest journal = plugin_journal(std::move(name), TENON_LOG_SEGMENT, std::move(options));
  journal.marks_damage = true;
  journal.rewrites_tail = true;
  journal.bounds_disk = true;
  journal.segment_bytes = segment_bytes;
  journal.newer_head = newer_head();
  return journal;
}

JournalUnderTest over_storage(std::string name, std::string module_path) {
  JournalUnderTest journal = engine_journal(std::move(name), std::move(module_path), "{}");
  journal.rewrites_tail = true;
  return journal;
}

JournalUnderTest over_memory() {
  JournalUnderTest journal = engine_journal("over_memory", TENON_STORAGE_MEMORY, "{}");
  journal.is_durable = false;
  return journal;
}

#ifdef TENON_STORAGE_ROCKSDB_ON_DISK
// RocksDB begins a manifest and writes a table of its log when it is opened.
JournalUnderTest over_rocksdb(std::string module_path) {
  JournalUnderTest journal = over_storage("over_rocksdb", std::move(module_path));
  journal.opens_when_full = false;
  return journal;
}
#endif

}  // namespace

TENON_JOURNAL_SUITE(Segment, segment("segment", "{}", 64 << 20));
// So small that every test changes segments, and reads from the disk.
TENON_JOURNAL_SUITE(TightSegment,
                    segment("tight_segment", R"({"segment_bytes": 16384, "cache_bytes": 2000})", 16384));

TENON_JOURNAL_SUITE(OverSqlite, over_storage("over_sqlite", TENON_STORAGE_SQLITE));
TENON_JOURNAL_SUITE(OverMemory, over_memory());
#ifdef TENON_STORAGE_ROCKSDB_ON_DISK
TENON_JOURNAL_SUITE(OverRocksdb, over_rocksdb(TENON_STORAGE_ROCKSDB_ON_DISK));
#endif

}  // namespace tenon::test
