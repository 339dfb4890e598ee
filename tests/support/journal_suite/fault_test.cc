// A disk that is full or fails.
#include "support/journal_suite/history.h"
#include "support/journal_suite/journal_suite.h"
#include "support/journal_suite/write_source.h"

namespace tenon::test {
namespace {

constexpr GroupId one{1, 1};

TEST_P(JournalFaultSuite, FullDiskTakesNothingAndIsNoEnd) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  must_write(append(one, 1, 5, 1, "before"));
  std::vector<LogWrite> large = {append(one, 6, 1, 2, "after"),
                                 {{2, 1}, 0, 1, entries(1, 200, 1, 4000), {}, {}}};
  for (const std::uint64_t room : {0u, 100u, 700u, 5000u, 20000u}) {
    SCOPED_TRACE(room);
    sim().set_capacity(sim().used_bytes() + room);
    ASSERT_EQ(journal().write_v(large), TENON_E_NOSPACE);
    EXPECT_NE(std::string(journal().error()), "");
    EXPECT_EQ(journal().stats().latched, 0u);
    EXPECT_EQ(journal().bounds(one)->last.index, 5u);
    EXPECT_FALSE(journal().bounds({2, 1}));
    EXPECT_EQ(journal().read(one, 1, 6), entries(1, 5, 1));
    lose_power();
    if (!GetParam().opens_when_full) sim().set_capacity(UINT64_MAX);
    open();
    const Logs found = journal().contents();
    EXPECT_EQ(found.size(), 1u);
    EXPECT_EQ(found.at(one).hard_state, "before");
    EXPECT_EQ(found.at(one).last(), 5u);
  }
  sim().set_capacity(UINT64_MAX);
  must_write(large);
  lose_power();
  open();
  EXPECT_EQ(journal().contents().at({2, 1}).last(), 200u);
}

TEST_P(JournalFaultSuite, FailedSyncLatchesUntilOpenedAnew) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  must_write(append(one, 1, 5, 1));
  sim().inject({.op = DiskOp::fdatasync});
  EXPECT_EQ(journal().write(append(one, 6, 1, 1)), TENON_E_IO_FATAL);
  sim().clear_faults();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(journal().write(append(one, 6, 1, 1)), TENON_E_IO_FATAL);
    EXPECT_NE(std::string(journal().error()), "");
  }
  EXPECT_EQ(journal().stats().latched, 1u);
  EXPECT_EQ(journal().read(one, 1, 6), entries(1, 5, 1));
  lose_power();
  open();
  EXPECT_GE(journal().contents().at(one).last(), 5u);
  must_write(append(one, 6, 1, 1));
}

TEST_P(JournalFaultSuite, FailedWriteLatches) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  must_write(append(one, 1, 5, 1));
  sim().inject({.op = DiskOp::pwrite});
  EXPECT_EQ(journal().write(append(one, 6, 1, 1)), TENON_E_IO_FATAL);
  sim().clear_faults();
  EXPECT_EQ(journal().write(append(one, 6, 1, 1)), TENON_E_IO_FATAL);
  kill();
  open();
  const GroupLog found = journal().contents().at(one);
  EXPECT_GE(found.last(), 5u);
  EXPECT_LE(found.last(), 6u);
}

// Descriptors are wanting for a while: for a new file, or for the directory only.
TEST_P(JournalFaultSuite, WantOfDescriptorsTakesNothingAndIsNoEnd) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  WriteSource source(1);
  History history(journal().contents());
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    if (i % 3 > 0)
      sim().inject({.op = i % 3 == 1 ? DiskOp::open : DiskOp::sync_dir,
                    .status = TENON_E_BUSY,
                    .fail_count = source.random().below(3)});
    Logs logs = history.last();
    refused += history.write(journal(), source.next(logs)) ? 0 : 1;
    ASSERT_EQ(journal().stats().latched, 0u) << journal().error();
    sim().clear_faults();
    if (i % 20 != 0) continue;
    lose_power();
    open();
    ASSERT_TRUE(history.explains(journal().contents()));
  }
  const bool makes_files = GetParam().segment_bytes > 0 && GetParam().segment_bytes < (1 << 20);
  EXPECT_EQ(refused > 0, makes_files);
}

TEST_P(JournalFaultSuite, FailedSyncOfTheDirectoryLatches) {
  if (GetParam().segment_bytes == 0 || GetParam().segment_bytes > (1 << 20))
    GTEST_SKIP() << "makes no file in a test of this size";
  sim().inject({.op = DiskOp::sync_dir});
  tenon_status status = TENON_OK;
  for (std::uint64_t index = 1; status == TENON_OK && index <= 500; ++index)
    status = journal().write(append(one, index, 1, 1));
  EXPECT_EQ(status, TENON_E_IO_FATAL);
  EXPECT_EQ(journal().stats().latched, 1u);
}

TEST_P(JournalFaultSuite, ReadsForWhichDescriptorsAreWantingMayBeAskedAgain) {
  if (GetParam().segment_bytes == 0 || GetParam().segment_bytes > (1 << 20))
    GTEST_SKIP() << "reads no file in a test of this size";
  for (std::uint64_t index = 1; index <= 500; ++index) must_write(append(one, index, 1, 1));
  sim().inject({.op = DiskOp::open, .status = TENON_E_BUSY});
  journal().read(one, 1, 2);
  EXPECT_EQ(journal().last_status(), TENON_E_BUSY);
  EXPECT_EQ(journal().read(one, 1, 2), entries(1, 1, 1));
}

// Full again and again, at each size: what was refused never comes back, what was taken stays.
TEST_P(JournalFaultSuite, FullDiskNeverBendsTheHistory) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WriteSource source(seed);
    History history(journal().contents());
    for (int i = 0; i < 60; ++i) {
      sim().set_capacity(sim().used_bytes() + source.random().below(4000));
      Logs logs = history.last();
      history.write(journal(), source.next(logs));
      ASSERT_EQ(journal().stats().latched, 0u) << journal().error();
    }
    sim().set_capacity(UINT64_MAX);
    lose_power();
    open();
    ASSERT_TRUE(history.explains(journal().contents()));
  }
}

}  // namespace
}  // namespace tenon::test
