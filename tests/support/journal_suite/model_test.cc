// Random operations, compared with the model, from a fixed list of seeds.
#include "support/journal_suite/journal_suite.h"
#include "support/journal_suite/seeds.h"
#include "support/journal_suite/write_source.h"

namespace tenon::test {
namespace {

// Compacts some group to some entry that it holds.
void compact_some(TestJournal& journal, WriteSource& source, Logs& logs) {
  const GroupId id = source.group();
  const auto at = logs.find(id);
  if (at == logs.end() || at->second.entries.empty()) return;
  GroupLog& log = at->second;
  const std::uint64_t from = std::max(log.base.index, log.forgotten);
  const std::uint64_t index = from + source.random().below(log.last() - from + 1);
  ASSERT_EQ(journal.compact(id, log.point(index)), TENON_OK) << journal.error();
  log.forgotten = std::max(log.forgotten, index);
}

void check_some(TestJournal& journal, WriteSource& source, const Logs& logs) {
  const GroupId id = source.group();
  const auto at = logs.find(id);
  if (at == logs.end()) {
    ASSERT_FALSE(journal.bounds(id));
    return;
  }
  GroupLog found = journal.log_of(id, 1 + source.random().below(3000));
  found.hard_state = at->second.hard_state;  // only groups() tells
  ASSERT_TRUE(is_same(found, at->second)) << id.range << "." << id.incarnation;
  for (std::uint64_t index = found.base.index; index <= found.last(); ++index)
    ASSERT_EQ(journal.term_at(id, index), at->second.term_of(index));
}

TEST_P(JournalSuite, RandomOperationsMatchTheModel) {
  for (const std::uint64_t seed : seeds(4)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<LogWrite> wipe;
    for (const auto& [id, log] : journal().contents()) wipe.push_back({id, TENON_LOG_REMOVE, 0, {}, {}, {}});
    must_write(wipe);
    WriteSource source(seed);
    Logs logs;
    for (int step = 0; step < 300 && !HasFatalFailure(); ++step) {
      const std::uint64_t kind = source.random().below(100);
      if (kind < 60) {
        must_write(source.next(logs));
      } else if (kind < 75) {
        compact_some(journal(), source, logs);
      } else if (kind < 98) {
        check_some(journal(), source, logs);
      } else if (GetParam().is_durable) {
        reopen();
        const Logs found = journal().contents();
        ASSERT_EQ(difference(found, logs), "") << "after opening, step " << step;
        logs = found;
      }
    }
    if (HasFatalFailure()) return;
    EXPECT_EQ(journal().verify(), TENON_OK) << journal().error();
  }
}

}  // namespace
}  // namespace tenon::test
