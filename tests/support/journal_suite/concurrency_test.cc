// One thread writes and compacts, another reads at the same time.
#include <atomic>
#include <thread>

#include "support/journal_suite/journal_suite.h"

namespace tenon::test {
namespace {

constexpr std::uint64_t group_count = 3;
constexpr std::uint64_t call_count = 600;

// The reader's view of a journal: calls without the helper's memory of the last status.
class Reader {
 public:
  explicit Reader(const TestJournal& journal) : table_(journal.table()), journal_(journal.raw()) {}

  // Reads what a group holds at some moment; false when something was wrong.
  bool look(GroupId id, std::uint64_t from_end) {
    tenon_log_bounds bounds{};
    bounds.struct_size = sizeof bounds;
    if (const tenon_status status = table_.bounds(journal_, id.abi(), &bounds); status != TENON_OK)
      return status == TENON_E_NOT_FOUND;
    if (bounds.last.index < last_[id.range]) return false;  // it only grows
    last_[id.range] = bounds.last.index;
    if (bounds.last.index == bounds.base.index) return true;
    const std::uint64_t held = bounds.last.index - bounds.base.index;
    const std::uint64_t begin = bounds.last.index - std::min(from_end, held - 1);
    tenon_log_page page{};
    const tenon_status status =
        table_.read(journal_, id.abi(), begin, bounds.last.index + 1, 2000, &page, nullptr);
    if (status == TENON_E_NOT_FOUND) return true;  // compacted meanwhile
    return status == TENON_OK && page.count > 0 && is_right(page, begin);
  }

 private:
  bool is_right(const tenon_log_page& page, std::uint64_t begin) const {
    for (std::uint64_t i = 0; i < page.count; ++i) {
      const tenon_log_entry& entry = page.entries[i];
      const Entry wanted = entries(begin + i, 1, 1, 100).front();
      if (entry.at.index != begin + i || entry.at.term != 1 ||
          std::string_view(reinterpret_cast<const char*>(entry.data.data), entry.data.len) != wanted.data)
        return false;
    }
    return true;
  }

  const tenon_log& table_;
  tenon_journal* const journal_;
  std::map<std::uint64_t, std::uint64_t> last_;
};

TEST_P(JournalProcessSuite, ReaderSeesWholeEntriesWhileTheWriterWrites) {
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> looks{0};
  std::atomic<bool> is_right{true};
  std::thread reader([&] {
    Reader view(journal());
    for (std::uint64_t i = 0; !is_done || i < 100; ++i) {
      if (!view.look({1 + i % group_count, 1}, i % 97)) is_right = false;
      ++looks;
    }
  });
  bool is_written = true;
  for (std::uint64_t index = 1; index <= call_count && is_written; ++index) {
    std::vector<LogWrite> writes;
    for (std::uint64_t range = 1; range <= group_count; ++range)
      writes.push_back({{range, 1}, 0, index, entries(index, 1, 1, 100), {}, {}});
    is_written = journal().write_v(writes) == TENON_OK;
    if (index % 50 == 0)
      for (std::uint64_t range = 1; range <= group_count; ++range)
        is_written = is_written && journal().compact({range, 1}, {index - 30, 1}) == TENON_OK;
  }
  is_done = true;
  reader.join();
  EXPECT_TRUE(is_written) << journal().error();
  EXPECT_TRUE(is_right);
  EXPECT_GE(looks, 100u);
}

}  // namespace
}  // namespace tenon::test
