#include "support/storage_suite/storage_suite.h"

namespace tenon::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageFaultSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageProcessSuite);

StorageTest::StorageTest() {
  if (GetParam().disk == DiskKind::real) {
    temp_dir_ = std::make_unique<TempDir>();
    disk_ = std::make_unique<PosixDisk>();
    dir_ = temp_dir_->path() + "/data";
  } else {
    disk_ = std::make_unique<SimDisk>(1);
    dir_ = "/data";
  }
  disk_->make_dir(dir_);
  disk_->sync_dir(SimNames::parent_of(dir_));
}

void StorageTest::open() {
  engine_ = engine_in(dir_);
  ASSERT_EQ(engine_->open(), TENON_OK) << engine_->error();
}

void StorageTest::must_write(const Batch& batch, std::uint32_t durability) {
  ASSERT_EQ(engine().write(batch, durability), TENON_OK) << engine().error();
}

std::vector<std::string> StorageTest::files_in(const std::string& where) {
  std::vector<std::string> names;
  disk().list(where, [&](std::string_view name, bool is_dir) {
    if (!is_dir) names.emplace_back(name);
    return TENON_OK;
  });
  return names;
}

}  // namespace tenon::test
