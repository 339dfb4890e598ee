#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/journal_suite/journal_under_test.h"
#include "support/journal_suite/test_journal.h"
#include "support/posix_disk.h"
#include "support/sim_disk.h"
#include "support/temp_dir.h"

// The conformance suite of tenon.log/1. A program links it whole (journal_suite_dep) and names its journals:
//   TENON_JOURNAL_SUITE(Segment, plugin_journal("segment", SEGMENT_PATH, "{}"));
namespace tenon::test {

// Gives each test a disk with an empty directory, and a journal that is open in it.
class JournalTest : public testing::TestWithParam<JournalUnderTest> {
 protected:
  JournalTest();

  void SetUp() override { open(); }

  DiskBackend& disk() { return *disk_; }
  const std::string& dir() const { return dir_; }
  TestJournal& journal() { return *journal_; }

  void open();
  void close() { journal_.reset(); }
  void reopen() {
    close();
    open();
  }
  // Writes and expects TENON_OK.
  void must_write(const std::vector<LogWrite>& writes);
  void must_write(const LogWrite& write) { must_write(std::vector<LogWrite>{write}); }
  std::vector<std::string> files();

 private:
  std::unique_ptr<TempDir> temp_dir_;
  std::unique_ptr<DiskBackend> disk_;
  std::string dir_;
  std::unique_ptr<TestJournal> journal_;
};

// What holds on any disk.
class JournalSuite : public JournalTest {};

// What needs a disk that fails on demand, is always simulated.
class JournalFaultSuite : public JournalTest {
 protected:
  SimDisk& sim() { return static_cast<SimDisk&>(disk()); }
  // The process ends at once, and the disk is as each kind of end leaves it.
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

// What needs processes or threads, and so the real disk.
class JournalProcessSuite : public JournalTest {};

// Entries of one term whose data tell their index.
std::vector<Entry> entries(std::uint64_t first, std::size_t count, std::uint64_t term,
                           std::size_t bytes = 20);
// An append of them, the hard state with it when it is not empty.
LogWrite append(GroupId group, std::uint64_t first, std::size_t count, std::uint64_t term,
                const std::string& hard_state = {});

inline std::string name_of(const testing::TestParamInfo<JournalUnderTest>& info) {
  return info.param.name;
}

// Skips a test of what only a durable journal promises.
#define TENON_REQUIRE_DURABLE_JOURNAL() \
  if (!GetParam().is_durable) GTEST_SKIP() << "the journal does not claim to be durable"

#define TENON_JOURNAL_SUITE(Name, ...)                                                                       \
  INSTANTIATE_TEST_SUITE_P(                                                                                  \
      Name, JournalSuite,                                                                                    \
      testing::Values(on_disk(__VA_ARGS__, DiskKind::simulated), on_disk(__VA_ARGS__, DiskKind::real)),      \
      name_of);                                                                                              \
  INSTANTIATE_TEST_SUITE_P(Name, JournalFaultSuite,                                                          \
                           testing::Values(on_disk(__VA_ARGS__, DiskKind::simulated)), name_of);             \
  INSTANTIATE_TEST_SUITE_P(Name, JournalProcessSuite, testing::Values(on_disk(__VA_ARGS__, DiskKind::real)), \
                           name_of)

}  // namespace tenon::test
