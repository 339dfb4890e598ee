// How much disk and memory a journal holds, whatever its groups do.
#include "support/journal_suite/journal_suite.h"

namespace tenon::test {
namespace {

// Small files, so that a test can fill many.
#define TENON_REQUIRE_BOUNDED_DISK()                                   \
  if (!GetParam().bounds_disk || GetParam().segment_bytes > (1 << 20)) \
  GTEST_SKIP() << "the journal promises nothing that a test of this size could fill"

std::uint64_t disk_bytes_max(const tenon_log_stats& stats, std::uint64_t segment_bytes) {
  return 2 * stats.live_bytes + 3 * segment_bytes;
}

TEST_P(JournalSuite, CompactedEntriesFreeTheDisk) {
  TENON_REQUIRE_BOUNDED_DISK();
  for (std::uint64_t index = 1; index <= 3000; ++index) {
    must_write({append({1 + index % 4, 1}, 1 + (index - 1) / 4, 1, 1)});
    const GroupId id{1 + index % 4, 1};
    const std::uint64_t last = journal().bounds(id)->last.index;
    if (last > 20) {
      ASSERT_EQ(journal().compact(id, {last - 20, 1}), TENON_OK) << journal().error();
    }
    const tenon_log_stats stats = journal().stats();
    ASSERT_LE(stats.disk_bytes, disk_bytes_max(stats, GetParam().segment_bytes)) << index;
  }
  std::uint64_t on_disk = 0;
  for (const std::string& name : files()) {
    std::unique_ptr<DiskBackendFile> file;
    ASSERT_EQ(disk().open(dir() + "/" + name, TENON_FILE_READ, &file), TENON_OK);
    std::uint64_t bytes = 0;
    file->size(&bytes);
    on_disk += bytes;
  }
  EXPECT_EQ(journal().stats().disk_bytes, on_disk);
  EXPECT_EQ(journal().verify(), TENON_OK) << journal().error();
}

TEST_P(JournalSuite, StragglersDoNotKeepOldFiles) {
  TENON_REQUIRE_BOUNDED_DISK();
  Logs wanted;
  std::vector<LogWrite> writes;
  for (std::uint64_t range = 10; range < 60; ++range) {
    writes.push_back(append({range, 1}, 1, 3, 1, "hs" + std::to_string(range)));
    apply_write(wanted, writes.back());
  }
  must_write(writes);
  const std::uint64_t before = journal().stats().byte_count;
  std::uint64_t asked_bytes = 0;
  for (std::uint64_t index = 1; index <= 4000; ++index) {
    must_write(append({1, 1}, index, 1, 1));
    asked_bytes += 300;  // an entry with what belongs to it takes less
    if (index % 10 == 0) {
      ASSERT_EQ(journal().compact({1, 1}, {index, 1}), TENON_OK) << journal().error();
    }
    const tenon_log_stats stats = journal().stats();
    ASSERT_LE(stats.disk_bytes, disk_bytes_max(stats, GetParam().segment_bytes)) << index;
  }
  EXPECT_LE(journal().stats().byte_count - before, 2 * asked_bytes);
  for (const auto& [id, log] : wanted) EXPECT_EQ(journal().log_of(id).entries, log.entries);
  reopen();
  const Logs found = journal().contents();
  for (const auto& [id, log] : wanted) EXPECT_TRUE(is_same(found.at(id), log)) << id.range;
}

TEST_P(JournalSuite, IdleGroupTakesLittleMemory) {
  if (!GetParam().bounds_disk) GTEST_SKIP() << "the journal promises nothing of its memory";
  const std::uint64_t before = journal().stats().memory_bytes;
  std::vector<LogWrite> writes;
  for (std::uint64_t range = 1; range <= 1000; ++range)
    writes.push_back(append({range, 1}, 1, 3, 1, std::string(24, 'h')));
  must_write(writes);
  reopen();  // without what the cache holds
  EXPECT_LE(journal().stats().memory_bytes - before, 1000 * 256u);
}

}  // namespace
}  // namespace tenon::test
