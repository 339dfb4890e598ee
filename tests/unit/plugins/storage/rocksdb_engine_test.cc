// What is particular to storage/rocksdb, over a simulated disk.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <tenon/host/health.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engines.h"
#include "support/posix_disk.h"
#include "support/sim_disk.h"
#include "support/storage_suite/test_engine.h"
#include "support/temp_dir.h"

#ifdef TENON_STORAGE_ROCKSDB

namespace tenon::test {
namespace {

class RocksdbEngine : public testing::Test {
 protected:
  RocksdbEngine() {
    disk.make_dir("/data");
    disk.sync_dir("/");
  }

  std::unique_ptr<TestEngine> opened() {
    auto engine = std::make_unique<TestEngine>(what, disk, "/data");
    EXPECT_EQ(engine->open(), TENON_OK) << engine->error();
    return engine;
  }
  tenon_status status_of_open(std::string* ret_error) {
    TestEngine engine(what, disk, "/data");
    const tenon_status status = engine.open();
    *ret_error = engine.error();
    return status;
  }
  // The paths of the files whose name ends so.
  std::vector<std::string> files(const std::string& end) {
    std::vector<std::string> found;
    disk.list("/data", [&](std::string_view name, bool) {
      if (name.ends_with(end)) found.push_back("/data/" + std::string(name));
      return TENON_OK;
    });
    return found;
  }
  // Tables of such rows lie over each other: a merge reads them all.
  static Batch rows(int i) {
    const std::string number = std::to_string(i);
    return {put(0, "a" + number, "v"), put(0, "z" + number, "v")};
  }
  // What the engine shows from then on when the table of rows(0) is damaged and a merge has met that.
  static void expect_stopped_at(const std::string& table, TestEngine& engine) {
    for (const std::uint32_t space : {0, 1, 7}) {
      EXPECT_EQ(engine.write({put(space, "other", "v")}), TENON_E_IO_FATAL);
      EXPECT_NE(std::string(engine.error()).find(table), std::string::npos) << engine.error();
    }
    EXPECT_EQ(engine.sync(), TENON_E_IO_FATAL) << engine.error();
    EXPECT_EQ(engine.stats().latched, 1u);
    EXPECT_EQ(engine.host().health(), TENON_HEALTH_FAILED);
    EXPECT_NE(engine.host().health_text().find(table), std::string::npos) << engine.host().health_text();
    EXPECT_EQ(engine.get(0, "a1"), "v") << engine.error();
    EXPECT_EQ(engine.get(0, "a0"), std::nullopt);
    EXPECT_EQ(engine.last_status(), TENON_E_CORRUPT) << engine.error();
  }
  std::string manifest() {
    std::string found;
    disk.list("/data", [&](std::string_view name, bool) {
      if (name.starts_with("MANIFEST-")) found = "/data/" + std::string(name);
      return TENON_OK;
    });
    return found;
  }
  std::string marker() {
    const auto& bytes = disk.content("/data/ENGINE");
    return {bytes.begin(), bytes.end()};
  }

  const EngineUnderTest what{"rocksdb", TENON_STORAGE_ROCKSDB_ON_DISK, "{}", ""};
  SimDisk disk{1};
};

TEST_F(RocksdbEngine, NewerFormatIsUnsupportedAndLeftAlone) {
  opened()->write({put(0, "k", "v")});
  const std::string head = "tenon storage/rocksdb 2";
  const std::string newer = head + " 50af1c12\n";
  disk.set_content("/data/ENGINE", {newer.begin(), newer.end()});
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_UNSUPPORTED);
  EXPECT_NE(error.find("/data/ENGINE has format 2"), std::string::npos) << error;
  EXPECT_EQ(marker(), newer);
}

TEST_F(RocksdbEngine, DamagedMarkerIsRefused) {
  opened()->write({put(0, "k", "v")});
  disk.flip_bit("/data/ENGINE", 8 * 22);
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT);
  EXPECT_NE(error.find("/data/ENGINE"), std::string::npos) << error;
}

TEST_F(RocksdbEngine, DatabaseWithoutMarkerIsRefusedAndLeftAlone) {
  opened()->write({put(0, "k", "v")});
  disk.remove("/data/ENGINE");
  const std::uint64_t changes = disk.change_count();
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT);
  EXPECT_NE(error.find("/data/ENGINE"), std::string::npos) << error;
  EXPECT_EQ(disk.change_count(), changes);
}

// RocksDB by itself would begin an empty database and remove the tables.
TEST_F(RocksdbEngine, TablesWithoutTheFileCurrentAreRefusedAndLeftAlone) {
  opened()->write({put(0, "k", "v")});
  opened();  // makes tables of what the log holds
  disk.remove("/data/CURRENT");
  const auto tables = files(".sst");
  ASSERT_FALSE(tables.empty());
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT);
  EXPECT_NE(error.find("/data/CURRENT"), std::string::npos) << error;
  EXPECT_EQ(files(".sst"), tables);
}

TEST_F(RocksdbEngine, MissingTableIsRefusedByName) {
  opened()->write({put(0, "k", "v")});
  opened();  // makes tables of what the log holds
  const std::string table = files(".sst").at(0);
  disk.remove(table);
  std::string error;
  EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT);
  EXPECT_NE(error.find(table.substr(6)), std::string::npos) << error;
}

// The length of each record in turn, which RocksDB by itself would take for the end of the manifest.
TEST_F(RocksdbEngine, ManifestWithADamagedLengthIsRefusedByName) {
  opened()->write({put(0, "k", "v")});
  const std::string path = manifest();
  const std::vector<std::uint8_t> sound = disk.content(path);
  int records = 0;
  for (std::size_t at = 0; at + 7 < sound.size(); ++records) {
    const std::size_t len = std::size_t{sound[at + 4]} + (std::size_t{sound[at + 5]} << 8);
    disk.flip_bit(path, (at + 5) * 8 + 3);
    std::string error;
    EXPECT_EQ(status_of_open(&error), TENON_E_CORRUPT) << at;
    EXPECT_NE(error.find(path), std::string::npos) << error;
    disk.set_content(path, sound);
    at += 7 + len;
  }
  EXPECT_GT(records, 2);
  EXPECT_EQ(opened()->get(0, "k"), "v");
}

TEST_F(RocksdbEngine, LogThatMeetsAFullDeviceIsCutAndTheEngineGoesOn) {
  auto engine = opened();
  ASSERT_EQ(engine->write({put(0, "before", "1")}, TENON_DURABLE_DISK), TENON_OK);
  disk.inject({DiskOp::pwrite, TENON_E_NOSPACE, ".log"});
  EXPECT_EQ(engine->write({put(0, "refused", std::string(5000, 'v'))}, TENON_DURABLE_DISK), TENON_E_NOSPACE);
  EXPECT_EQ(engine->stats().latched, 0u);
  EXPECT_EQ(engine->get(0, "refused"), std::nullopt);
  ASSERT_EQ(engine->write({put(0, "after", "1")}, TENON_DURABLE_DISK), TENON_OK) << engine->error();
  disk.stop();
  engine.reset();
  disk.lose_power();
  EXPECT_EQ(opened()->scan(0), (Items{{"after", "1"}, {"before", "1"}}));
}

TEST_F(RocksdbEngine, LogCutAtAFullDeviceShowsNothingAfterAKill) {
  auto engine = opened();
  ASSERT_EQ(engine->write({put(0, "before", "1")}, TENON_DURABLE_PROC), TENON_OK);
  disk.inject({DiskOp::pwrite, TENON_E_NOSPACE, ".log"});
  EXPECT_EQ(engine->write({put(0, "refused", std::string(5000, 'v'))}), TENON_E_NOSPACE);
  disk.stop();
  engine.reset();
  disk.kill();
  EXPECT_EQ(opened()->scan(0), (Items{{"before", "1"}}));
}

TEST_F(RocksdbEngine, TableThatMeetsAFullDeviceIsWrittenAgainLater) {
  auto engine = opened();
  // The second sync() without other writes in between ends the logging of what need not survive.
  ASSERT_EQ(engine->sync(), TENON_OK);
  ASSERT_EQ(engine->sync(), TENON_OK);
  ASSERT_EQ(engine->write({put(0, "k", "v"), erase_range(0, "x", "z")}, TENON_DURABLE_MEM), TENON_OK);
  disk.inject({DiskOp::pwrite, TENON_E_NOSPACE, ".sst"});
  EXPECT_EQ(engine->sync(), TENON_E_NOSPACE) << engine->error();
  EXPECT_EQ(engine->stats().latched, 0u);
  EXPECT_EQ(engine->get(0, "k"), "v");
  ASSERT_EQ(engine->sync(), TENON_OK) << engine->error();
  disk.stop();
  engine.reset();
  disk.lose_power();
  EXPECT_EQ(opened()->get(0, "k"), "v");
}

// When making a table, when reading it again, and when reading tables to merge them.
TEST_F(RocksdbEngine, TablesThatFindNoDescriptorStopTheEngineOnlyUntilThereAreSome) {
  const EngineUnderTest tight = rocksdb_engine_on_disk();
  int refused_count = 0;
  for (std::uint64_t skip = 0; skip < 6; ++skip) {
    SCOPED_TRACE(skip);
    SimDisk own(skip);
    own.make_dir("/data");
    own.sync_dir("/");
    TestEngine engine(tight, own, "/data");
    ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
    Contents model;
    const auto write = [&](int i) {
      const Batch batch = {put(0, std::to_string(i % 40), std::to_string(i) + std::string(3000, 'v'))};
      const tenon_status status = engine.write(batch);
      if (status == TENON_OK) model.apply(batch);
      return status;
    };
    own.inject({DiskOp::open, TENON_E_BUSY, ".sst", skip, 3});
    for (int i = 0; i < 300; ++i) {
      const tenon_status status = write(i);
      ASSERT_TRUE(status == TENON_OK || status == TENON_E_NOSPACE) << engine.error();
      if (status == TENON_OK) continue;
      ++refused_count;
      EXPECT_NE(std::string(engine.error()).find("descriptor"), std::string::npos) << engine.error();
    }
    own.clear_faults();
    for (int i = 300; i < 400; ++i) ASSERT_EQ(write(i), TENON_OK) << i << ": " << engine.error();
    EXPECT_EQ(engine.sync(), TENON_OK) << engine.error();
    EXPECT_EQ(engine.stats().latched, 0u);
    EXPECT_TRUE(engine.contents() == model);
    own.stop();
    engine.close();
    own.lose_power();
    ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
    EXPECT_TRUE(engine.contents() == model);
  }
  EXPECT_GT(refused_count, 0);
}

// The process has no descriptors left while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(RocksdbEngineOnARealDisk, TableThatFindsNoDescriptorIsWrittenLater) {
  const TempDir dir;
  PosixDisk disk;
  TestEngine engine(rocksdb_engine(), disk, dir.path() + "/data");
  ASSERT_EQ(disk.make_dir(dir.path() + "/data"), TENON_OK);
  ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
  // As in TableThatMeetsAFullDeviceIsWrittenAgainLater: no log is begun.
  ASSERT_EQ(engine.sync(), TENON_OK);
  ASSERT_EQ(engine.sync(), TENON_OK);
  ASSERT_EQ(engine.write({put(0, "k", "v")}, TENON_DURABLE_MEM), TENON_OK);
  {
    const NoDescriptors none;
    EXPECT_EQ(engine.sync(), TENON_E_NOSPACE) << engine.error();
  }
  EXPECT_NE(std::string(engine.error()).find("descriptor"), std::string::npos) << engine.error();
  EXPECT_EQ(engine.sync(), TENON_OK) << engine.error();
  engine.close();
  ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
  EXPECT_EQ(engine.get(0, "k"), "v");
}

TEST_F(RocksdbEngine, FailedWriteOfATableLatches) {
  auto engine = opened();
  ASSERT_EQ(engine->write({put(0, "k", "v")}, TENON_DURABLE_MEM), TENON_OK);
  disk.inject({DiskOp::fdatasync, TENON_E_IO, ".sst"});
  EXPECT_EQ(engine->sync(), TENON_E_IO_FATAL);
  EXPECT_NE(std::string(engine->error()).find(".sst"), std::string::npos) << engine->error();
  EXPECT_EQ(engine->sync(), TENON_E_IO_FATAL);
  EXPECT_EQ(engine->get(0, "k"), "v");
}

// What a state engine sees: large batches that need not survive, and a sync now and then.
TEST_F(RocksdbEngine, BatchesThatNeedNotSurviveAreWrittenOnce) {
  auto engine = opened();
  const std::uint64_t before = disk.written_bytes();
  constexpr std::uint64_t bytes = 2'000'000;
  for (std::uint64_t i = 0; i < 20; ++i) {
    std::string noise;
    SimRandom random(i);
    while (noise.size() < bytes / 20) noise += static_cast<char>(random.next());
    ASSERT_EQ(engine->write({put(0, std::to_string(i), noise)}, TENON_DURABLE_MEM), TENON_OK);
  }
  EXPECT_LT(disk.written_bytes() - before, 1000u);
  ASSERT_EQ(engine->sync(), TENON_OK);
  EXPECT_LT(disk.written_bytes() - before, bytes + bytes / 20);
}

TEST_F(RocksdbEngine, FlippedBitOfATableIsFoundAndNamed) {
  auto engine = opened();
  Batch batch;
  for (int i = 0; i < 2000; ++i) batch.push_back(put(0, std::to_string(i), std::string(50, 'v')));
  ASSERT_EQ(engine->write(batch), TENON_OK);
  engine.reset();
  opened();  // makes tables of what the log holds
  const std::string table = files(".sst").at(0);
  disk.flip_bit(table, 8 * 100);
  engine = opened();
  engine->scan(0);
  EXPECT_EQ(engine->last_status(), TENON_E_CORRUPT);
  EXPECT_NE(std::string(engine->error()).find(table), std::string::npos) << engine->error();
  EXPECT_EQ(engine->verify(), TENON_E_CORRUPT);
  EXPECT_NE(std::string(engine->error()).find(table), std::string::npos) << engine->error();
}

// RocksDB writes no rows at all after that, so it is no matter of those that are damaged.
TEST_F(RocksdbEngine, DamageThatAMergeMeetsLatchesWithTheNextWrite) {
  constexpr int merged_count = 4;
  std::string damaged;
  for (int i = 0; i < merged_count; ++i) {
    const auto engine = opened();  // makes a table of what the log holds
    if (i == 1) damaged = files(".sst").at(0);
    ASSERT_EQ(engine->write(rows(i)), TENON_OK) << engine->error();
  }
  disk.flip_bit(damaged, 8 * 10);
  const auto engine = opened();  // makes the last table, and merges
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (engine->host().log_text().find("rocksdb.failed") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  expect_stopped_at(damaged, *engine);
}

TEST_F(RocksdbEngine, DamageThatAMergeMeetsDuringWritesLatchesWithTheFirstThatFails) {
  auto engine = opened();
  // As in TableThatMeetsAFullDeviceIsWrittenAgainLater: each sync() makes a table.
  ASSERT_EQ(engine->sync(), TENON_OK);
  ASSERT_EQ(engine->sync(), TENON_OK);
  tenon_status status = TENON_OK;
  std::string damaged;
  for (int i = 0; status == TENON_OK && i < 1000; ++i) {
    status = engine->write(rows(i), TENON_DURABLE_MEM);
    if (status == TENON_OK) status = engine->sync();
    if (i > 0) continue;
    damaged = files(".sst").at(0);
    disk.flip_bit(damaged, 8 * 10);
  }
  EXPECT_EQ(status, TENON_E_IO_FATAL) << engine->error();
  expect_stopped_at(damaged, *engine);
}

}  // namespace
}  // namespace tenon::test

#endif
