// The file that lines go to.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <tenon/failure.hpp>

#include "rotating_file.h"
#include "support/temp_dir.h"

namespace tenon::audit_log {
namespace {

class RotatingFileTest : public testing::Test {
 protected:
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory.path() + "/" + name).rdbuf();
    return text.str();
  }
  tenon::test::TempDir directory;
  const std::string path = directory.path() + "/log";
  RotatingFile::Time now{};
};

// The process can open no more files while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int first_free = ::dup(STDERR_FILENO);
    ::close(first_free);
    const rlimit none{static_cast<rlim_t>(first_free), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(RotatingFileTest, IsSetAsideBeforeItWouldBeTooLargeAndTheOldestGoes) {
  RotatingFile file(path, 10, 2);
  file.open();
  for (const char* line : {"first\n", "second\n", "third\n", "fourth\n"}) file.append(line, now);
  EXPECT_EQ(content("log"), "fourth\n");
  EXPECT_EQ(content("log.1"), "third\n");
  EXPECT_EQ(content("log.2"), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".3"));
}

TEST_F(RotatingFileTest, IsSetAsideInTheMiddleOfWhatIsAppendedToo) {
  RotatingFile file(path, 10, 3);
  file.open();
  file.append("a\nbc\n12345678\nlonger than all\nd\n", now);
  EXPECT_EQ(content("log.3"), "a\nbc\n");
  EXPECT_EQ(content("log.2"), "12345678\n");
  EXPECT_EQ(content("log.1"), "longer than all\n");
  EXPECT_EQ(content("log"), "d\n");
}

TEST_F(RotatingFileTest, GoesOnBehindWhatIsThere) {
  std::ofstream(path) << "before\n";
  RotatingFile file(path, 100, 1);
  file.open();
  file.append("behind\n", now);
  EXPECT_EQ(content("log"), "before\nbehind\n");
}

TEST_F(RotatingFileTest, WithoutKeptFilesBeginsAnew) {
  RotatingFile file(path, 10, 0);
  file.open();
  file.append("first\n", now);
  file.append("second\n", now);
  EXPECT_EQ(content("log"), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".1"));
}

TEST_F(RotatingFileTest, WhileNoNewFileCanBeOpenedNothingIsMovedAndTheOpenOneIsWrittenOn) {
  std::ofstream(path + ".1") << "former\n";
  std::ofstream(path + ".2") << "older\n";
  RotatingFile file(path, 10, 2);
  file.append("1234567\n", now);
  {
    const NoDescriptors none;
    file.append("second\nthird\n", now);
    now += std::chrono::seconds(60);
    file.append("fourth\n", now);
  }
  EXPECT_EQ(content("log"), "1234567\nsecond\nthird\nfourth\n");
  EXPECT_EQ(content("log.1"), "former\n");
  EXPECT_EQ(content("log.2"), "older\n");
  EXPECT_NE(file.trouble().find("can't open " + path + ".new: Too many open files"), std::string::npos);
  now += std::chrono::seconds(59);
  file.append("early\n", now);
  EXPECT_EQ(content("log.1"), "former\n");
  now += std::chrono::seconds(1);
  file.append("anew\n", now);
  EXPECT_EQ(content("log"), "anew\n");
  EXPECT_EQ(content("log.1"), "1234567\nsecond\nthird\nfourth\nearly\n");
  EXPECT_EQ(content("log.2"), "former\n");
  EXPECT_EQ(file.trouble(), "");
}

TEST_F(RotatingFileTest, AFileThatCantBeSetAsideCostsNoFormerOneHoweverOftenItIsTried) {
  std::ofstream(path + ".1") << "newer\n";
  std::filesystem::create_directory(path + ".2");  // no file can be renamed to it
  RotatingFile file(path, 10, 2);
  for (int i = 0; i < 3; ++i, now += std::chrono::seconds(60)) file.append("1234567\n", now);
  EXPECT_EQ(content("log"), "1234567\n1234567\n1234567\n");
  EXPECT_EQ(content("log.1"), "newer\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  EXPECT_NE(file.trouble().find("can't set aside " + path), std::string::npos);
}

TEST_F(RotatingFileTest, WhatCantBeOpenedIsNamed) {
  RotatingFile nowhere("/nowhere/log", 10, 1);
  EXPECT_THROW(nowhere.open(), sdk::Failure);
  RotatingFile folder(directory.path(), 10, 1);
  EXPECT_THROW(folder.open(), sdk::Failure);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(RotatingFile(path, 10, 1).open(), sdk::Failure);
}

TEST_F(RotatingFileTest, AHalfLineThatIsThereIsEndedBeforeTheNext) {
  std::ofstream(path) << "whole\nha";
  RotatingFile file(path, 100, 1);
  file.append("behind\n", now);
  file.append("last\n", now);
  EXPECT_EQ(content("log"), "whole\nha\nbehind\nlast\n");
}

// As on a disk that is full, no byte beyond `size` can be written to a file while it lives.
class Full {
 public:
  explicit Full(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~Full() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

 private:
  rlimit before_{};
};

TEST_F(RotatingFileTest, OfLinesThatADiskIsTooFullForWholeOnesStay) {
  RotatingFile file(path, 100, 1);
  {
    const Full full(10);
    EXPECT_THROW(file.append("first\nsecond\nthird\n", now), sdk::Failure);
    EXPECT_EQ(content("log"), "first\n");
    EXPECT_THROW(file.append("too long for it\n", now), sdk::Failure);
  }
  EXPECT_EQ(content("log"), "first\n");
  file.append("fourth\n", now);
  EXPECT_EQ(content("log"), "first\nfourth\n");
}

// As another user than root, who may do anything; for as long as it lives.
class Nobody {
 public:
  Nobody() : is_changed_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~Nobody() {
    if (is_changed_ && ::seteuid(0) != 0) ADD_FAILURE() << "it stays another user";
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  const bool is_changed_;
};

TEST_F(RotatingFileTest, AFolderInWhichItCouldNotBeSetAsideIsFoundAtOnce) {
  RotatingFile file(path, 10, 1);
  file.check();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
  {
    const Nobody nobody;
    if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere, and can't be another user here";
    EXPECT_NO_THROW(file.open());
    EXPECT_THROW(file.check(), sdk::Failure);
  }
  ASSERT_EQ(::chmod(directory.path().c_str(), 0700), 0);
}

}  // namespace
}  // namespace tenon::audit_log
