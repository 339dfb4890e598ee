#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/posix_disk.h"
#include "support/sim_disk.h"
#include "support/storage_suite/engine_under_test.h"
#include "support/storage_suite/test_engine.h"
#include "support/temp_dir.h"

// The conformance suite of tenon.storage/1. A program links it whole (storage_suite_dep) and names its
// engines:
//   TENON_STORAGE_SUITE(Sqlite, (EngineUnderTest{"sqlite", SQLITE_PATH, "{}", MEMORY_PATH}));
namespace tenon::test {

// Gives each test a disk with an empty directory, and an engine that is open in it.
class StorageTest : public testing::TestWithParam<EngineUnderTest> {
 protected:
  StorageTest();

  void SetUp() override { open(); }

  DiskBackend& disk() { return *disk_; }
  const std::string& dir() const { return dir_; }
  TestEngine& engine() { return *engine_; }

  void open();
  void close() { engine_.reset(); }
  void reopen() {
    close();
    open();
  }
  // An engine of the same kind in another directory, not open yet.
  std::unique_ptr<TestEngine> engine_in(const std::string& dir) {
    return std::make_unique<TestEngine>(GetParam(), disk(), dir);
  }
  // Writes and expects TENON_OK.
  void must_write(const Batch& batch, std::uint32_t durability = TENON_DURABLE_PROC);
  // Names of the files in a directory.
  std::vector<std::string> files_in(const std::string& dir);

 private:
  std::unique_ptr<TempDir> temp_dir_;
  std::unique_ptr<DiskBackend> disk_;
  std::string dir_;
  std::unique_ptr<TestEngine> engine_;
};

// What holds on any disk.
class StorageSuite : public StorageTest {};

// What needs a disk that fails on demand, is always simulated.
class StorageFaultSuite : public StorageTest {
 protected:
  SimDisk& sim() { return static_cast<SimDisk&>(disk()); }
  // The process ends at once: closing writes nothing any more. Then the disk is as each kind of end leaves
  // it.
  void kill() {
    sim().stop();
    close();
    sim().kill();
  }
  void lose_power() {
    sim().stop();
    close();
    sim().lose_power();
  }
};

// What needs a process of its own to kill, and so the real disk.
class StorageProcessSuite : public StorageTest {};

inline std::string name_of(const testing::TestParamInfo<EngineUnderTest>& info) {
  return info.param.name;
}

// Skips a test of what only a durable engine promises.
#define TENON_REQUIRE_DURABLE() \
  if (!engine().is_durable()) GTEST_SKIP() << "the engine does not claim to be durable"

#define TENON_STORAGE_SUITE(Name, ...)                                                                       \
  INSTANTIATE_TEST_SUITE_P(                                                                                  \
      Name, StorageSuite,                                                                                    \
      testing::Values(on_disk(__VA_ARGS__, DiskKind::simulated), on_disk(__VA_ARGS__, DiskKind::real)),      \
      name_of);                                                                                              \
  INSTANTIATE_TEST_SUITE_P(Name, StorageFaultSuite,                                                          \
                           testing::Values(on_disk(__VA_ARGS__, DiskKind::simulated)), name_of);             \
  INSTANTIATE_TEST_SUITE_P(Name, StorageProcessSuite, testing::Values(on_disk(__VA_ARGS__, DiskKind::real)), \
                           name_of)

// Of an engine that reaches its files without tenon.host.disk/1: what needs no simulated disk.
#define TENON_STORAGE_SUITE_ON_REAL_DISKS(Name, ...)                                                         \
  INSTANTIATE_TEST_SUITE_P(Name, StorageSuite, testing::Values(on_disk(__VA_ARGS__, DiskKind::real)),        \
                           name_of);                                                                         \
  INSTANTIATE_TEST_SUITE_P(Name, StorageProcessSuite, testing::Values(on_disk(__VA_ARGS__, DiskKind::real)), \
                           name_of)

}  // namespace tenon::test
