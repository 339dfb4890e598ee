#include "support/journal_suite/journal_suite.h"

namespace tenon::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalFaultSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalProcessSuite);

JournalTest::JournalTest() {
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

void JournalTest::open() {
  journal_ = std::make_unique<TestJournal>(GetParam(), *disk_, dir_);
  ASSERT_EQ(journal_->open(), TENON_OK) << journal_->error();
}

void JournalTest::must_write(const std::vector<LogWrite>& writes) {
  ASSERT_EQ(journal().write_v(writes), TENON_OK) << journal().error();
}

std::vector<std::string> JournalTest::files() {
  std::vector<std::string> names;
  disk().list(dir_, [&](std::string_view name, bool is_dir) {
    if (!is_dir) names.emplace_back(name);
    return TENON_OK;
  });
  return names;
}

std::vector<Entry> entries(std::uint64_t first, std::size_t count, std::uint64_t term, std::size_t bytes) {
  std::vector<Entry> made;
  for (std::size_t i = 0; i < count; ++i) {
    std::string data = std::to_string(first + i) + "/" + std::to_string(term) + " ";
    data.resize(std::max(data.size(), bytes), 'd');
    made.push_back({term, static_cast<std::uint32_t>((first + i) % 3), std::move(data)});
  }
  return made;
}

LogWrite append(GroupId group, std::uint64_t first, std::size_t count, std::uint64_t term,
                const std::string& hard_state) {
  const std::uint32_t flags = hard_state.empty() ? 0 : TENON_LOG_SET_HARD_STATE;
  return {group, flags, first, entries(first, count, term), hard_state, {}};
}

}  // namespace tenon::test
