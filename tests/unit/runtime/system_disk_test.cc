#include "runtime/files/system_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

#include "runtime/files/system_file.h"

namespace tenon::runtime {
namespace {

class SystemDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "tenon-disk-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  std::unique_ptr<File> create(const std::string& name) {
    return disk_.open(path(name), OpenMode::create).value();
  }
  std::string content(File& file) {
    std::string text(file.size().value(), '\0');
    const auto got = file.pread(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    EXPECT_EQ(got.value(), text.size());
    return text;
  }

  SystemDisk disk_;
  std::string dir_;
};

TEST_F(SystemDiskTest, WritesAllSpansOneBehindTheOther) {
  auto file = create("a");
  const std::vector<Bytes> spans = {as_bytes(""), as_bytes("one "), as_bytes(""), as_bytes("two"),
                                    as_bytes("")};
  ASSERT_TRUE(file->pwrite_v(3, spans).ok());
  ASSERT_TRUE(file->fdatasync().ok());
  EXPECT_EQ(content(*file), std::string("\0\0\0one two", 10));
}

TEST_F(SystemDiskTest, WritesMoreSpansThanTheSystemTakesAtOnce) {
  auto file = create("a");
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) texts.push_back(std::to_string(i));
  std::vector<Bytes> spans;
  for (const auto& text : texts) {
    spans.push_back(as_bytes(text));
    expected += text;
  }
  ASSERT_TRUE(file->pwrite_v(0, spans).ok());
  EXPECT_EQ(content(*file), expected);
}

TEST_F(SystemDiskTest, ReadIsShortAtTheEndOnly) {
  auto file = create("a");
  const Bytes text = as_bytes("12345");
  ASSERT_TRUE(file->pwrite_v(0, {&text, 1}).ok());
  std::vector<std::uint8_t> out(10);
  EXPECT_EQ(file->pread(2, out).value(), 3u);
  EXPECT_EQ(file->pread(9, out).value(), 0u);
  ASSERT_TRUE(file->truncate(1).ok());
  EXPECT_EQ(file->size().value(), 1u);
}

TEST_F(SystemDiskTest, OpenModesDifferInWhatMustBeThere) {
  EXPECT_EQ(disk_.open(path("a"), OpenMode::read).error().code, Errc::not_found);
  EXPECT_EQ(disk_.open(path("a"), OpenMode::read_write).error().code, Errc::not_found);
  EXPECT_TRUE(disk_.open(path("a"), OpenMode::create_new).ok());
  EXPECT_EQ(disk_.open(path("a"), OpenMode::create_new).error().code, Errc::exists);
  EXPECT_TRUE(disk_.open(path("a"), OpenMode::create).ok());
  auto reader = disk_.open(path("a"), OpenMode::read);
  const Bytes text = as_bytes("x");
  EXPECT_FALSE(reader.value()->pwrite_v(0, {&text, 1}).ok());
}

TEST_F(SystemDiskTest, ErrorNamesThePathAndTheReason) {
  const auto failed = disk_.open(path("gone"), OpenMode::read);
  EXPECT_NE(failed.error().message.find(path("gone")), std::string::npos);
  EXPECT_NE(failed.error().message.find("No such file"), std::string::npos);
}

TEST_F(SystemDiskTest, FilesArePrivateAndNotInherited) {
  auto file = create("a");
  struct stat info;
  ASSERT_EQ(::stat(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  bool found = false;
  for (int fd = 3; fd < 256; ++fd) {
    struct stat other;
    if (::fstat(fd, &other) != 0 || other.st_ino != info.st_ino || other.st_dev != info.st_dev) continue;
    found = true;
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_TRUE(found);
}

TEST_F(SystemDiskTest, FullDeviceIsNoSpace) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  auto file = disk_.open("/dev/full", OpenMode::read_write).value();
  const Bytes text = as_bytes("x");
  const Status written = file->pwrite_v(0, {&text, 1});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Errc::no_space);
  EXPECT_NE(written.error().message.find("/dev/full"), std::string::npos);
}

TEST_F(SystemDiskTest, WriteThatTheSystemCutsShortIsContinuedToItsError) {
  // With a file size limit of 100 bytes the system takes 100 of 150 bytes and refuses the rest.
  auto file = create("a");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string part(50, 'x');
  const std::vector<Bytes> spans(3, as_bytes(part));
  const Status written = file->pwrite_v(0, spans);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(file->size().value(), 100u);
}

TEST_F(SystemDiskTest, MakesMissingDirectoriesAndKeepsThoseThatAreThere) {
  ASSERT_TRUE(disk_.make_dirs(path("x/y/z")).ok());
  ASSERT_TRUE(disk_.make_dirs(path("x/y/z")).ok());
  struct stat info;
  ASSERT_EQ(::stat(path("x/y").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_TRUE(disk_.sync_dir(path("x")).ok());
  create("file");
  EXPECT_EQ(disk_.make_dirs(path("file")).error().code, Errc::invalid);
  EXPECT_FALSE(disk_.make_dirs(path("file/below")).ok());
}

TEST_F(SystemDiskTest, ListsNamesAndTellsDirectories) {
  create("file");
  ASSERT_TRUE(disk_.make_dirs(path("dir")).ok());
  std::set<std::pair<std::string, bool>> seen;
  ASSERT_TRUE(disk_.list(dir_, [&](std::string_view name, bool is_dir) { seen.emplace(name, is_dir); }).ok());
  EXPECT_EQ(seen, (std::set<std::pair<std::string, bool>>{{"dir", true}, {"file", false}}));
  EXPECT_EQ(disk_.list(path("gone"), [](std::string_view, bool) {}).error().code, Errc::not_found);
}

TEST_F(SystemDiskTest, RenamesReplacesAndRemoves) {
  create("a");
  create("b");
  EXPECT_TRUE(disk_.rename(path("a"), path("b")).ok());
  EXPECT_EQ(disk_.rename(path("a"), path("b")).error().code, Errc::not_found);
  EXPECT_TRUE(disk_.remove(path("b")).ok());
  EXPECT_EQ(disk_.remove(path("b")).error().code, Errc::not_found);
  EXPECT_GT(disk_.free_bytes(dir_).value(), 0u);
}

}  // namespace
}  // namespace tenon::runtime
