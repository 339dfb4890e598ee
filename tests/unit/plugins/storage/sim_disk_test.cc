// The simulated disk keeps the promises of draft/disk.h, and breaks what they leave open.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/sim_disk.h"

namespace tenon::test {
namespace {

constexpr std::uint32_t create = TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE;

std::unique_ptr<DiskBackendFile> opened(SimDisk& disk, const std::string& path,
                                        std::uint32_t flags = create) {
  std::unique_ptr<DiskBackendFile> file;
  EXPECT_EQ(disk.open(path, flags, &file), TENON_OK);
  return file;
}

tenon_status write(DiskBackendFile& file, std::uint64_t offset, const std::string& text) {
  const tenon_bytes bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  return file.pwrite_v(offset, {&bytes, 1});
}

std::string content(const SimDisk& disk, const std::string& path) {
  const auto& bytes = disk.content(path);
  return {bytes.begin(), bytes.end()};
}

TEST(SimDisk, SyncedContentAndNameSurvivePowerLoss) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    auto file = opened(disk, "/f");
    write(*file, 0, std::string(5000, 'a'));
    file->fdatasync();
    disk.sync_dir("/");
    write(*file, 0, "b");
    disk.lose_power();
    ASSERT_TRUE(disk.exists("/f"));
    EXPECT_EQ(content(disk, "/f").substr(1), std::string(4999, 'a'));
  }
}

TEST(SimDisk, UnsyncedSectorsAreKeptOrLostOneByOne) {
  bool some_torn = false;
  bool some_whole = false;
  bool some_lost = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimDisk disk(seed);
    auto file = opened(disk, "/f");
    write(*file, 0, std::string(5120, 'a'));
    file->fdatasync();
    disk.sync_dir("/");
    write(*file, 0, std::string(5120, 'b'));
    disk.lose_power();
    const std::string found = content(disk, "/f");
    ASSERT_EQ(found.size(), 5120u);
    for (std::size_t sector = 0; sector < found.size(); sector += 512)
      EXPECT_EQ(found.substr(sector, 512), std::string(512, found[sector])) << "a sector is torn";
    const auto kept = std::count(found.begin(), found.end(), 'b');
    some_torn = some_torn || (kept > 0 && kept < 5120);
    some_whole = some_whole || kept == 5120;
    some_lost = some_lost || kept == 0;
  }
  EXPECT_TRUE(some_torn && some_whole && some_lost);
}

TEST(SimDisk, NameWithoutSyncOfItsDirectoryMayBeLost) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk(seed);
    opened(disk, "/f")->fdatasync();
    disk.lose_power();
    lost = lost || !disk.exists("/f");
  }
  EXPECT_TRUE(lost);
}

TEST(SimDisk, RenameIsWholeOrAbsent) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    disk.make_dir("/d.partial");
    auto file = opened(disk, "/d.partial/f");
    write(*file, 0, "x");
    file->fdatasync();
    disk.sync_dir("/d.partial");
    disk.sync_dir("/");
    disk.rename("/d.partial", "/d");
    EXPECT_TRUE(disk.exists("/d/f"));
    if (seed % 2 == 0) disk.sync_dir("/");
    disk.lose_power();
    EXPECT_NE(disk.exists("/d/f"), disk.exists("/d.partial/f"));
    EXPECT_TRUE(seed % 2 != 0 || disk.exists("/d/f"));
  }
}

TEST(SimDisk, KillKeepsTheCacheAndEndsTheHandles) {
  SimDisk disk(1);
  auto file = opened(disk, "/f");
  write(*file, 0, "cached");
  disk.kill();
  EXPECT_EQ(content(disk, "/f"), "cached");
  EXPECT_EQ(write(*file, 0, "x"), TENON_E_IO);
  EXPECT_EQ(file->fdatasync(), TENON_E_IO);
}

TEST(SimDisk, FailedSyncLosesWhatALaterOneReportsDone) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk(seed);
    auto file = opened(disk, "/f");
    disk.sync_dir("/");
    write(*file, 0, std::string(5120, 'a'));
    disk.inject({DiskOp::fdatasync});
    EXPECT_EQ(file->fdatasync(), TENON_E_IO);
    EXPECT_EQ(content(disk, "/f"), std::string(5120, 'a'));
    EXPECT_EQ(file->fdatasync(), TENON_OK);
    disk.lose_power();
    lost = lost || content(disk, "/f") != std::string(5120, 'a');
  }
  EXPECT_TRUE(lost);
}

TEST(SimDisk, FullDiskTakesWhatFits) {
  SimDisk disk(1);
  disk.set_capacity(10);
  auto file = opened(disk, "/f");
  EXPECT_EQ(write(*file, 0, "12345678"), TENON_OK);
  EXPECT_EQ(write(*file, 8, "9abcdef"), TENON_E_NOSPACE);
  EXPECT_EQ(content(disk, "/f"), "123456789a");
  EXPECT_EQ(write(*file, 0, "in place"), TENON_OK);
  std::uint64_t free_bytes = 1;
  EXPECT_EQ(disk.space("/", &free_bytes), TENON_OK);
  EXPECT_EQ(free_bytes, 0u);
}

TEST(SimDisk, FaultHitsTheOperationItNames) {
  SimDisk disk(1);
  auto a = opened(disk, "/a");
  auto b = opened(disk, "/b");
  disk.inject({DiskOp::pwrite, TENON_E_IO, "/b", 1, 2});
  EXPECT_EQ(write(*a, 0, "x"), TENON_OK);
  EXPECT_EQ(write(*b, 0, "x"), TENON_OK);
  EXPECT_EQ(write(*b, 0, "y"), TENON_E_IO);
  EXPECT_EQ(write(*a, 0, "y"), TENON_OK);
  EXPECT_EQ(write(*b, 0, "y"), TENON_E_IO);
  EXPECT_EQ(write(*b, 0, "y"), TENON_OK);
}

TEST(SimDisk, CutStopsEverythingUntilTheCrash) {
  SimDisk disk(1);
  auto file = opened(disk, "/f");
  disk.cut_power_at(1);
  EXPECT_EQ(write(*file, 0, "taken"), TENON_OK);
  EXPECT_EQ(write(*file, 0, "while the lights go out"), TENON_E_IO);
  EXPECT_TRUE(disk.is_stopped());
  std::unique_ptr<DiskBackendFile> other;
  EXPECT_EQ(disk.open("/f", TENON_FILE_READ, &other), TENON_E_IO);
  disk.lose_power();
  EXPECT_FALSE(disk.is_stopped());
}

TEST(SimDisk, SameSeedGivesTheSameBytes) {
  const auto run = [](std::uint64_t seed) {
    SimDisk disk(seed);
    auto file = opened(disk, "/f");
    disk.sync_dir("/");
    for (int i = 0; i < 100; ++i)
      write(*file, static_cast<std::uint64_t>(i) * 300, std::string(700, 'a' + i % 26));
    disk.lose_power();
    return content(disk, "/f");
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(run(seed), run(seed));
}

TEST(SimDisk, OpenTellsWhatIsWrong) {
  SimDisk disk(1);
  std::unique_ptr<DiskBackendFile> file;
  EXPECT_EQ(disk.open("/none", TENON_FILE_READ, &file), TENON_E_NOT_FOUND);
  EXPECT_EQ(disk.open("/no/dir", create, &file), TENON_E_NOT_FOUND);
  opened(disk, "/f");
  EXPECT_EQ(disk.open("/f", create | TENON_FILE_EXCLUSIVE, &file), TENON_E_EXISTS);
  auto readable = opened(disk, "/f", TENON_FILE_READ);
  EXPECT_EQ(write(*readable, 0, "x"), TENON_E_DENIED);
}

}  // namespace
}  // namespace tenon::test
