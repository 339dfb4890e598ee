#include "config/sources/conf_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support.h"

namespace tenon::config {
namespace {

namespace fs = std::filesystem;

// A directory of its own for each test, gone afterwards.
class ConfFiles : public testing::Test {
 protected:
  ConfFiles() {
    std::string pattern = (fs::temp_directory_path() / "tenon-conf-XXXXXX").string();
    const char* made = ::mkdtemp(pattern.data());
    if (!made) std::abort();
    dir_ = pattern;
  }
  ~ConfFiles() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }

  // The names of the files that are read, in order, without their directory.
  Lines read() {
    Lines names;
    for (const SourceText& file : read_conf_dir(dir_.string(), MissingDirectory::error, errors_))
      names.push_back(fs::path(file.name).filename().string());
    return names;
  }

  fs::path dir_;
  std::vector<ConfigError> errors_;
};

TEST_F(ConfFiles, AreReadInByteOrderOfTheirNames) {
  for (const char* name : {"20-b.json", "10-a.json", "9-z.json", "10-B.json"}) write(name, "{}");
  EXPECT_EQ(read(), (Lines{"10-B.json", "10-a.json", "20-b.json", "9-z.json"}));
  EXPECT_EQ(errors_, std::vector<ConfigError>{});
}

TEST_F(ConfFiles, OthersArePassedOver) {
  for (const char* name :
       {"README", "10-a.json.dpkg-old", "10-a.json~", ".10-hidden.json", "available/10-c.json", "20-a.JSON"})
    write(name, "no JSON");
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(errors_, std::vector<ConfigError>{});
}

TEST_F(ConfFiles, LinksAreFollowed) {
  write("elsewhere/a", R"({"node":{"workers":3}})");
  fs::create_symlink(path("elsewhere/a"), path("10-a.json"));
  LoadOptions options;
  options.conf_dirs = {dir_.string()};
  const Config config = config_of(load(options));
  EXPECT_EQ(config.get_int("node.workers"), 3);
  EXPECT_EQ(config.origin("node.workers"), path("10-a.json") + ":1");
}

TEST_F(ConfFiles, ALinkThatLeadsNowhereIsAnError) {
  fs::create_symlink(path("gone"), path("10-a.json"));
  write("20-b.json", "{}");
  EXPECT_EQ(read(), Lines{"20-b.json"});
  EXPECT_EQ(lines(errors_), Lines{path("10-a.json") + ": cannot be read: No such file or directory"});
}

TEST_F(ConfFiles, ADirectoryNamedLikeAFileIsAnError) {
  fs::create_directory(path("10-a.json"));
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(lines(errors_), Lines{path("10-a.json") + ": is no regular file"});
}

TEST_F(ConfFiles, APipeIsAnErrorAndIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path("10-a.json").c_str(), 0600), 0);
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(lines(errors_), Lines{path("10-a.json") + ": is no regular file"});
}

TEST_F(ConfFiles, AFileThatMayNotBeReadIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write("10-a.json", "{}");
  fs::permissions(path("10-a.json"), fs::perms::none);
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(lines(errors_), Lines{path("10-a.json") + ": cannot be read: Permission denied"});
}

TEST_F(ConfFiles, AFileBeyondTheLimitIsAnError) {
  write("10-a.json", "{}" + std::string(1024 * 1024 - 2, ' '));
  write("20-b.json", "{}" + std::string(1024 * 1024 - 1, ' '));
  LoadOptions options;
  options.conf_dirs = {dir_.string()};
  EXPECT_EQ(lines(load(options).errors),
            Lines{path("20-b.json") + ":1:1: is larger than the limit of 1048576 bytes"});
}

TEST_F(ConfFiles, AnEmptyDirectoryIsFine) {
  LoadOptions options;
  options.conf_dirs = {dir_.string()};
  EXPECT_TRUE(load(options).ok());
}

TEST_F(ConfFiles, AMissingDirectoryIsAnErrorWhereItWasAskedFor) {
  LoadOptions options;
  options.vendor_dir = path("no-vendor");
  options.conf_dirs = {path("none")};
  EXPECT_EQ(lines(load(options).errors),
            Lines{path("none") + ": the configuration directory cannot be read: No such file or directory"});
  options.operator_dir_may_be_missing = true;
  EXPECT_TRUE(load(options).ok());
}

TEST_F(ConfFiles, AFileInPlaceOfADirectoryIsAnErrorEvenForDefaults) {
  write("file", "{}");
  LoadOptions options;
  options.vendor_dir = path("file");
  EXPECT_EQ(lines(load(options).errors),
            Lines{path("file") + ": the configuration directory cannot be read: Not a directory"});
}

TEST_F(ConfFiles, LaterDirectoriesWinWhateverTheirFilesAreCalled) {
  write("vendor/90-a.json", R"({"node":{"workers":1},"log":{"level":"warn"},"mqtt":{"qos_max":0}})");
  write("one/50-a.json", R"({"node":{"workers":2},"log":{"level":"error"}})");
  write("two/10-a.json", R"({"node":{"workers":3}})");
  LoadOptions options;
  options.vendor_dir = path("vendor");
  options.conf_dirs = {path("one"), path("two")};
  const Config config = config_of(load(options));
  EXPECT_EQ(config.get_int("node.workers"), 3);
  EXPECT_EQ(config.get_string("log.level"), "error");
  EXPECT_EQ(config.get_int("mqtt.qos_max"), 0);
  EXPECT_EQ(config.sources(),
            (Lines{path("vendor/90-a.json"), path("one/50-a.json"), path("two/10-a.json")}));
}

}  // namespace
}  // namespace tenon::config
