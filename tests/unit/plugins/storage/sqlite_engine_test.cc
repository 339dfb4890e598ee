// What is particular to storage/sqlite.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "engines.h"
#include "support/sim_disk.h"
#include "support/storage_suite/test_engine.h"

namespace tenon::test {
namespace {

class SqliteEngine : public testing::Test {
 protected:
  SqliteEngine() { disk.make_dir("/data"); }

  std::unique_ptr<TestEngine> opened(const std::string& options_json = "{}") {
    auto engine = std::make_unique<TestEngine>(
        EngineUnderTest{"sqlite", TENON_STORAGE_SQLITE, options_json, ""}, disk, "/data");
    EXPECT_EQ(engine->open(), TENON_OK) << engine->error();
    return engine;
  }
  tenon_status status_of_open(std::string* ret_error) {
    TestEngine engine(sqlite_engine(), disk, "/data");
    const tenon_status status = engine.open();
    *ret_error = engine.error();
    return status;
  }

  SimDisk disk{1};
};

constexpr const char* small_log = R"({"wal_bytes_max": 1048576, "snapshot_wal_bytes_max": 4194304})";
// Another one each time: pages that stay the same are not written.
std::string changing_value(int i) {
  return std::string(20000, static_cast<char>('a' + i % 26));
}

const std::string database = "/data/engine.db";
const std::string wal = "/data/engine.db-wal";

TEST_F(SqliteEngine, CleanCloseLeavesOneFile) {
  opened()->write({put(0, "k", "v")});
  EXPECT_TRUE(disk.exists(database));
  EXPECT_FALSE(disk.exists(wal));
}

TEST_F(SqliteEngine, NewerFormatIsUnsupportedAndLeftAlone) {
  opened()->write({put(0, "k", "v")});
  std::vector<std::uint8_t> bytes = disk.content(database);
  bytes[63] = 2;  // the format, big-endian, at byte 60
  disk.set_content(database, bytes);
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_UNSUPPORTED);
  EXPECT_NE(error.find(database + " has format 2"), std::string::npos) << error;
  EXPECT_EQ(disk.content(database), bytes);
}

TEST_F(SqliteEngine, LogWithoutItsDatabaseIsRefused) {
  auto engine = opened();
  engine->write({put(0, "k", "v")});
  disk.stop();
  engine.reset();
  disk.kill();
  ASSERT_TRUE(disk.exists(wal));
  disk.remove(database);
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT);
  EXPECT_NE(error.find(wal), std::string::npos) << error;
  EXPECT_TRUE(disk.exists(wal));
  EXPECT_FALSE(disk.exists(database));
}

TEST_F(SqliteEngine, RollbackJournalOfSomebodyElseIsNotPlayedBack) {
  opened()->write({put(0, "k", "v")});
  // A hot journal that would cut the database to nothing: the magic, one record, page count 0.
  std::vector<std::uint8_t> journal(512, 0);
  const std::uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
  std::copy(std::begin(magic), std::end(magic), journal.begin());
  journal[22] = 2;   // sector size 512
  journal[26] = 16;  // page size 4096
  disk.set_content(database + "-journal", journal);
  const auto engine = opened();
  EXPECT_EQ(engine->get(0, "k"), "v");
  EXPECT_EQ(engine->verify(), TENON_OK) << engine->error();
}

TEST_F(SqliteEngine, PageSizeCountsOnlyWhenTheDatabaseIsMade) {
  opened(R"({"page_bytes": 16384})")->write({put(0, "k", "v")});
  EXPECT_EQ(disk.content(database)[16], 16384 >> 8);
  opened(R"({"page_bytes": 1024})")->write({put(0, "k", "w")});
  EXPECT_EQ(disk.content(database)[16], 16384 >> 8);
  EXPECT_EQ(opened()->get(0, "k"), "w");
}

TEST_F(SqliteEngine, LogStaysBoundedWhileWriting) {
  const auto engine = opened(small_log);
  for (int i = 0; i < 400; ++i)
    ASSERT_EQ(engine->write({put(0, std::to_string(i % 50), changing_value(i))}), TENON_OK)
        << engine->error();
  EXPECT_LT(disk.content(wal).size(), 2u * 1048576);
}

TEST_F(SqliteEngine, SnapshotThatHoldsTheLogTooLongIsGone) {
  const auto engine = opened(small_log);
  engine->write({put(0, "k", "old")});
  tenon_snapshot* snapshot = engine->snapshot();
  tenon_iterator* iterator = engine->iterate(0, "", "", 0, snapshot);
  std::size_t log_bytes_max = 0;
  int writes_until_gone = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(engine->write({put(0, "k", "new"), put(1, std::to_string(i % 50), changing_value(i))}),
              TENON_OK);
    log_bytes_max = std::max(log_bytes_max, disk.content(wal).size());
    if (engine->get(0, "k", snapshot).has_value()) {
      ASSERT_EQ(engine->get(0, "k", snapshot), "old");
      ++writes_until_gone;
    }
  }
  // Held over several copies of the log, then given up.
  EXPECT_GT(writes_until_gone, 100);
  EXPECT_LT(log_bytes_max, 6u * 1048576);
  EXPECT_EQ(engine->last_status(), TENON_E_SNAPSHOT_GONE);
  engine->next(iterator);
  EXPECT_EQ(engine->last_status(), TENON_E_SNAPSHOT_GONE);
  EXPECT_NE(std::string(engine->error()).find("snapshot"), std::string::npos);
  engine->close(iterator);
  engine->release(snapshot);
  // A new one is as good as ever.
  snapshot = engine->snapshot();
  EXPECT_EQ(engine->get(0, "k", snapshot), "new");
  EXPECT_EQ(engine->scan(0, "", "", 0, snapshot), (Items{{"k", "new"}}));
  engine->release(snapshot);
}

// A snapshot lets only a part of the log be copied, and the end of that part is still to be written when the
// next copy meets a device that takes nothing.
class SqlitePartCopy : public SqliteEngine {
 protected:
  void SetUp() override {
    engine = opened(small_log);
    for (int i = 0; i < 30; ++i) write("row " + std::to_string(i), i);
    tenon_snapshot* snapshot = engine->snapshot();
    const std::size_t bytes_before = disk.content(database).size();
    while (disk.content(database).size() == bytes_before) {
      copied_at_bytes = disk.content(wal).size();
      write("other", copied_at_bytes);
    }
    engine->release(snapshot);
  }
  tenon_status write(const std::string& key, std::size_t i) {
    const Batch batch = {put(0, key, std::to_string(i) + changing_value(static_cast<int>(i % 26)))};
    const tenon_status status = engine->write(batch);
    if (status == TENON_OK) model.apply(batch);
    return status;
  }
  // Writes until the next write copies the log.
  void write_up_to_copy() {
    while (disk.content(wal).size() < copied_at_bytes + 1048576 / 4)
      ASSERT_EQ(write("other", disk.content(wal).size()), TENON_OK) << engine->error();
  }
  void expect_all() {
    tenon_snapshot* snapshot = engine->snapshot();
    EXPECT_TRUE(engine->contents(snapshot) == model) << engine->error();
    engine->release(snapshot);
    EXPECT_EQ(engine->verify(), TENON_OK) << engine->error();
  }
  void kill_and_open() {
    disk.stop();
    engine.reset();
    disk.kill();
    engine = opened(small_log);
  }

  std::unique_ptr<TestEngine> engine;
  Contents model;
  std::size_t copied_at_bytes = 0;
};

TEST_F(SqlitePartCopy, FullDiskAtTheNextOneLosesNothing) {
  write_up_to_copy();
  disk.inject({DiskOp::pwrite, TENON_E_NOSPACE, database, 0, 1});
  ASSERT_EQ(write("other", 1), TENON_OK) << engine->error();
  expect_all();
  const auto head = [this] {
    const std::vector<std::uint8_t>& bytes = disk.content(wal);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + 32);
  };
  const std::vector<std::uint8_t> head_before = head();
  for (std::size_t i = 0; i < 200 && head() == head_before; ++i)
    ASSERT_EQ(write("other", i), TENON_OK) << engine->error();
  ASSERT_NE(head(), head_before) << "the log has not begun anew";
  expect_all();
  kill_and_open();
  expect_all();
}

TEST_F(SqlitePartCopy, FailedWriteAtTheNextOneLeavesAllToBeRead) {
  write_up_to_copy();
  disk.inject({DiskOp::pwrite, TENON_E_IO, database, 0, 1});
  ASSERT_EQ(write("other", 1), TENON_E_IO_FATAL) << engine->error();
  expect_all();
  kill_and_open();
  expect_all();
}

TEST_F(SqliteEngine, WrongOptionsAreRefusedByName) {
  for (const char* options : {R"({"page_bytes": 5000})", R"({"page_bytes": 512})", R"({"cache_bytes": 1})",
                              R"({"wal_bytes_max": "much"})", R"({"snapshot_wal_bytes_max": -1})"}) {
    try {
      TestEngine engine({"sqlite", TENON_STORAGE_SQLITE, options, ""}, disk, "/data");
      ADD_FAILURE() << options;
    } catch (const std::runtime_error& error) {
      const std::string name(options + 2, std::strchr(options + 2, '"'));
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

// A page that went to the wrong place has a right checksum, of another page.
TEST_F(SqliteEngine, MisplacedPageIsFound) {
  const auto engine = opened();
  for (int i = 0; i < 100; ++i) engine->write({put(0, std::to_string(i), std::string(400, 'v'))});
  engine->close();
  std::vector<std::uint8_t> bytes = disk.content(database);
  ASSERT_GT(bytes.size(), 10u * 4096);
  std::copy_n(bytes.begin() + 7 * 4096, 4096, bytes.begin() + 8 * 4096);
  disk.set_content(database, bytes);
  ASSERT_EQ(engine->open(), TENON_OK);
  EXPECT_EQ(engine->verify(), TENON_E_CORRUPT);
  EXPECT_NE(std::string(engine->error()).find(database), std::string::npos) << engine->error();
}

TEST_F(SqliteEngine, DamagedLogIsFoundByVerify) {
  const auto engine = opened();
  for (int i = 0; i < 20; ++i) engine->write({put(0, std::to_string(i), std::string(400, 'v'))});
  EXPECT_EQ(engine->verify(), TENON_OK) << engine->error();
  std::vector<std::uint8_t> bytes = disk.content(wal);
  for (const std::size_t at : {std::size_t{9}, std::size_t{40}, std::size_t{5000}}) {
    std::vector<std::uint8_t> damaged = bytes;
    damaged[at] ^= 4;
    disk.set_content(wal, damaged);
    EXPECT_EQ(engine->verify(), TENON_E_CORRUPT) << at;
    EXPECT_NE(std::string(engine->error()).find(wal), std::string::npos) << engine->error();
  }
  disk.set_content(wal, bytes);
  EXPECT_EQ(engine->verify(), TENON_OK);
}

// After a crash, a damaged log costs its end, never its order.
TEST_F(SqliteEngine, DamagedLogOpensAsAnEarlierState) {
  auto engine = opened();
  for (int i = 0; i < 60; ++i)
    engine->write({put(0, "n", std::to_string(i)), put(1, std::to_string(i), "v")});
  disk.stop();
  engine.reset();
  disk.kill();
  const std::vector<std::uint8_t> log_bytes = disk.content(wal);
  const std::vector<std::uint8_t> database_bytes = disk.content(database);
  for (std::size_t at = 0; at < log_bytes.size(); at += 3001) {
    std::vector<std::uint8_t> damaged = log_bytes;
    damaged[at] ^= 1;
    disk.set_content(wal, damaged);
    disk.set_content(database, database_bytes);
    const auto again = opened();
    const std::string n = again->get(0, "n").value_or("-1");
    EXPECT_EQ(again->scan(1).size(), static_cast<std::size_t>(std::stoi(n) + 1)) << at;
    EXPECT_EQ(again->verify(), TENON_OK) << again->error();
    disk.stop();
    again->close();
    disk.kill();
  }
}

}  // namespace
}  // namespace tenon::test
