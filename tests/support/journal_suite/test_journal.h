#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/journal_suite/journal_under_test.h"
#include "support/journal_suite/model.h"

namespace tenon::test {

// A journal under test, driven through its C table. Not gtest: the statuses are for the test to judge. Closes
// what it opened.
class TestJournal {
 public:
  // `disk` must outlive it. Throws when it can't be started.
  TestJournal(const JournalUnderTest& what, DiskBackend& disk, const std::string& dir)
      : instance_(what.start(disk, dir)) {}
  TestJournal(const TestJournal&) = delete;
  TestJournal& operator=(const TestJournal&) = delete;
  ~TestJournal() { close(); }

  tenon_status open();
  void close();
  // The plugin's words on the last failure.
  const char* error() const { return error_.message; }
  const JournalInstance& instance() const { return *instance_; }

  tenon_status write_v(const std::vector<LogWrite>& writes);
  tenon_status write(const LogWrite& write) { return write_v({write}); }
  tenon_status compact(GroupId group, tenon_log_point base) {
    return table().compact(journal_, group.abi(), base, fresh_error());
  }
  // A page as the journal gives it; last_status() tells.
  std::vector<Entry> read(GroupId group, std::uint64_t begin, std::uint64_t end,
                          std::uint64_t bytes_max = no_limit);
  std::optional<std::uint64_t> term_at(GroupId group, std::uint64_t index);
  std::optional<tenon_log_bounds> bounds(GroupId group);
  tenon_status verify() { return table().verify(journal_, fresh_error()); }
  tenon_log_stats stats() const;
  tenon_status last_status() const { return last_status_; }

  // All groups with all their entries, as of open and the reads after it: only before the first write.
  // Damaged ones are left out and listed in damaged(). last_status() tells whether all could be read.
  Logs contents();
  const std::map<GroupId, std::string>& damaged() const { return damaged_; }
  // The entries of one group, read page by page.
  GroupLog log_of(GroupId group, std::uint64_t bytes_max = 4096);

  // For what has no wrapper, and for a second thread.
  const tenon_log& table() const { return instance_->table(); }
  tenon_journal* raw() const { return journal_; }

  static constexpr std::uint64_t no_limit = UINT64_MAX;

 private:
  tenon_error* fresh_error();

  std::unique_ptr<JournalInstance> instance_;
  tenon_journal* journal_ = nullptr;
  tenon_error error_{};
  tenon_status last_status_ = TENON_OK;
  std::map<GroupId, std::string> damaged_;
};

}  // namespace tenon::test
