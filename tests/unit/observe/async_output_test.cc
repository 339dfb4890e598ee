#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "observe/log/output.h"
#include "support/manual_clock.h"

namespace tenon::observe {
namespace {

struct AsyncOutput : testing::Test {
  AsyncOutput() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenon-log-XXXXXX").string();
    directory = mkdtemp(pattern.data());
  }
  ~AsyncOutput() override { std::filesystem::remove_all(directory); }

  std::string path(const char* name) const { return (directory / name).string(); }

  static std::string content(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }

  std::filesystem::path directory;
  test::ManualClock clock;
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

TEST_F(AsyncOutput, LinesAreAppendedToAFileInOrder) {
  const std::string file = path("log");
  std::ofstream(file) << "old\n";
  auto output = open_file_log(clock, file);
  ASSERT_TRUE(output.ok());
  for (int i = 0; i < 3; ++i) (*output)->write("line " + std::to_string(i));
  (*output)->flush();
  EXPECT_EQ(content(file), "old\nline 0\nline 1\nline 2\n");
  EXPECT_EQ((*output)->lost_count(), 0u);
}

TEST_F(AsyncOutput, WhatIsQueuedIsWrittenBeforeTheOutputEnds) {
  const std::string file = path("log");
  open_file_log(clock, file).value()->write("last words");
  EXPECT_EQ(content(file), "last words\n");
}

TEST_F(AsyncOutput, ANewFileIsNotReadableByOthers) {
  const std::string file = path("log");
  ASSERT_TRUE(open_file_log(clock, file).ok());
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07, 0u);
}

TEST_F(AsyncOutput, AFileThatCanNotBeOpenedIsNamed) {
  const auto output = open_file_log(clock, path("no/such/directory"));
  ASSERT_FALSE(output.ok());
  EXPECT_NE(output.error().message.find(path("no/such/directory")), std::string::npos);
}

TEST_F(AsyncOutput, AReaderThatDoesNotReadBlocksNobodyAndLossesAreCounted) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto output = open_file_log(clock, fifo).value();
  const std::string line(1000, 'x');
  constexpr int count = 10'000;  // ten megabytes: neither the pipe nor the queue holds them
  for (int i = 0; i < count; ++i) output->write(line);
  output.reset();  // returns although nobody reads
  std::size_t received = 0;
  std::string buffer(1 << 16, '\0');
  for (ssize_t n; (n = read(reader, buffer.data(), buffer.size())) > 0;)
    received += static_cast<std::size_t>(n);
  EXPECT_GT(received, 0u);
  EXPECT_LT(received, count * line.size());
  close(reader);
}

TEST_F(AsyncOutput, AReaderThatWentAwayDoesNotEndTheProcess) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  auto output = open_file_log(clock, fifo).value();
  close(reader);
  output->write("to nobody");
  output->flush();
  EXPECT_EQ(output->lost_count(), 1u);
}

TEST_F(AsyncOutput, ManyThreadsWriteWholeLines) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) output->write("abcdefgh");
    });
  for (auto& thread : threads) thread.join();
  output->flush();
  std::string expected;
  for (int i = 0; i < 800; ++i) expected += "abcdefgh\n";
  EXPECT_EQ(content(file), expected);
}

TEST_F(AsyncOutput, AFileThatWouldBecomeTooLargeIsKeptUnderAnotherName) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file, {20, 2}).value();
  for (int i = 0; i < 8; ++i) output->write("line " + std::to_string(i) + "!!");  // nine bytes each
  output->flush();
  EXPECT_EQ(content(file), "line 6!!\nline 7!!\n");
  EXPECT_EQ(content(file + ".1"), "line 4!!\nline 5!!\n");
  EXPECT_EQ(content(file + ".2"), "line 2!!\nline 3!!\n");
  EXPECT_FALSE(std::filesystem::exists(file + ".3"));
  EXPECT_EQ(output->lost_count(), 0u);
}

TEST_F(AsyncOutput, ALineAboveTheLimitHasAFileOfItsOwn) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file, {20, 1}).value();
  const std::string long_line(50, 'x');
  for (const std::string& line : {std::string("a"), long_line, std::string("b")}) output->write(line);
  output->flush();
  EXPECT_EQ(content(file), "b\n");
  EXPECT_EQ(content(file + ".1"), long_line + "\n");
}

TEST_F(AsyncOutput, WhatWasThereBeforeCounts) {
  const std::string file = path("log");
  std::ofstream(file) << "0123456789\n";
  auto output = open_file_log(clock, file, {20, 1}).value();
  output->write("0123456789");
  output->flush();
  EXPECT_EQ(content(file + ".1"), "0123456789\n");
}

TEST_F(AsyncOutput, WithoutFormerFilesTheFileBeginsAnew) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file, {20, 0}).value();
  for (int i = 0; i < 5; ++i) output->write("0123456789");
  output->flush();
  EXPECT_EQ(content(file), "0123456789\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
}

TEST_F(AsyncOutput, AFileThatWasMovedAwayIsBegunAnewWhenAskedTo) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file).value();
  output->write("before");
  output->flush();
  std::filesystem::rename(file, file + ".moved");
  output->write("still there");
  output->flush();
  output->reopen();
  output->write("after");
  output->flush();
  EXPECT_EQ(content(file + ".moved"), "before\nstill there\n");
  EXPECT_EQ(content(file), "after\n");
}

TEST_F(AsyncOutput, WhileNoNewFileCanBeOpenedNothingIsMovedAndTheOpenOneIsWrittenOn) {
  const std::string file = path("log");
  std::ofstream(file + ".1") << "former\n";
  std::ofstream(file + ".2") << "older\n";
  auto output = open_file_log(clock, file, {10, 2}).value();
  const auto write = [&](const std::string& line) {
    output->write(line);
    output->flush();
  };
  write("0123456");
  EXPECT_EQ(output->trouble(), "");
  {
    const NoDescriptors none;
    for (const char* line : {"second", "third", "fourth"}) write(line);
    clock.advance_s(60);
    write("fifth");
  }
  EXPECT_EQ(content(file), "0123456\nsecond\nthird\nfourth\nfifth\n");
  EXPECT_EQ(content(file + ".1"), "former\n");
  EXPECT_EQ(content(file + ".2"), "older\n");
  EXPECT_NE(output->trouble().find("can't open " + file + ".new: Too many open files"), std::string::npos)
      << output->trouble();
  EXPECT_EQ(output->lost_count(), 0u);
  clock.advance_s(59);
  write("too early");
  EXPECT_EQ(content(file + ".1"), "former\n");
  clock.advance_s(1);
  write("anew");
  EXPECT_EQ(content(file), "anew\n");
  EXPECT_EQ(content(file + ".1"), "0123456\nsecond\nthird\nfourth\nfifth\ntoo early\n");
  EXPECT_EQ(content(file + ".2"), "former\n");
  EXPECT_EQ(output->trouble(), "");
}

TEST_F(AsyncOutput, AFileThatCanNotBeSetAsideCostsNoFormerOneHoweverOftenItIsTried) {
  const std::string file = path("log");
  std::ofstream(file + ".1") << "newer\n";
  std::ofstream(file + ".2") << "older\n";
  std::filesystem::create_directory(file + ".3");  // no file can be renamed to it
  auto output = open_file_log(clock, file, {10, 3}).value();
  for (int i = 0; i < 4; ++i) {
    output->write("01234567");
    output->flush();
    clock.advance_s(60);
  }
  EXPECT_EQ(content(file), "01234567\n01234567\n01234567\n01234567\n");
  EXPECT_EQ(content(file + ".1"), "newer\n");
  EXPECT_EQ(content(file + ".2"), "older\n");
  EXPECT_FALSE(std::filesystem::exists(file + ".new"));
  EXPECT_NE(output->trouble().find("can't set aside " + file), std::string::npos) << output->trouble();
}

TEST_F(AsyncOutput, ALeftNewFileOfACrashIsNoHindrance) {
  const std::string file = path("log");
  std::ofstream(file + ".new") << "left\n";
  auto output = open_file_log(clock, file, {10, 1}).value();
  for (const char* line : {"first", "second"}) output->write(line);
  output->flush();
  EXPECT_EQ(content(file), "second\n");
  EXPECT_EQ(content(file + ".1"), "first\n");
  EXPECT_FALSE(std::filesystem::exists(file + ".new"));
}

TEST_F(AsyncOutput, AFileThatCanNotBeOpenedAnewIsTriedAgain) {
  const std::string file = path("log");
  auto output = open_file_log(clock, file).value();
  const auto write = [&](const std::string& line) {
    output->write(line);
    output->flush();
  };
  std::filesystem::rename(file, file + ".moved");
  {
    const NoDescriptors none;
    output->reopen();
    write("first");
  }
  EXPECT_NE(output->trouble(), "");
  clock.advance_s(60);
  write("second");
  EXPECT_EQ(output->trouble(), "");
  EXPECT_EQ(content(file + ".moved"), "first\n");
  EXPECT_EQ(content(file), "second\n");
}

TEST_F(AsyncOutput, TheJournalIsToldPriorities) {
  struct stat info {};
  ASSERT_EQ(fstat(STDERR_FILENO, &info), 0);
  ASSERT_EQ(setenv("JOURNAL_STREAM", "1:1", 1), 0);
  EXPECT_FALSE(open_stderr_log()->takes_priority()) << "another one's";
  const std::string own = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  ASSERT_EQ(setenv("JOURNAL_STREAM", own.c_str(), 1), 0);
  EXPECT_TRUE(open_stderr_log()->takes_priority());
  ASSERT_EQ(unsetenv("JOURNAL_STREAM"), 0);
  EXPECT_FALSE(open_stderr_log()->takes_priority());
  EXPECT_FALSE(open_file_log(clock, path("log")).value()->takes_priority());
}

}  // namespace
}  // namespace tenon::observe
