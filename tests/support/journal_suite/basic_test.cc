// What a journal holds, without faults.
#include "support/journal_suite/journal_suite.h"

namespace tenon::test {
namespace {

constexpr GroupId one{1, 1};
constexpr GroupId two{2, 7};

TEST_P(JournalSuite, NewJournalIsEmpty) {
  EXPECT_TRUE(journal().contents().empty());
  EXPECT_EQ(journal().last_status(), TENON_OK);
  EXPECT_FALSE(journal().bounds(one));
  EXPECT_EQ(journal().last_status(), TENON_E_NOT_FOUND);
  EXPECT_EQ(journal().write_v({}), TENON_OK);
  EXPECT_EQ(journal().verify(), TENON_OK) << journal().error();
}

TEST_P(JournalSuite, WhatWasWrittenIsReadAtOnce) {
  must_write({append(one, 1, 3, 1, "hs"), append(two, 1, 1, 5)});
  EXPECT_EQ(journal().read(one, 1, 4), entries(1, 3, 1));
  EXPECT_EQ(journal().read(one, 2, 3), entries(2, 1, 1));
  EXPECT_EQ(journal().read(two, 1, 9), entries(1, 1, 5));
  EXPECT_EQ(journal().bounds(one)->last.index, 3u);
  EXPECT_EQ(journal().bounds(two)->last.term, 5u);
}

TEST_P(JournalSuite, ReadOutsideOfTheLogFindsNothing) {
  must_write(append(one, 1, 3, 1));
  for (const auto& [begin, end] : {std::pair{0, 2}, {4, 5}, {9, 10}, {2, 2}, {3, 1}}) {
    journal().read(one, static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end));
    EXPECT_EQ(journal().last_status(), TENON_E_NOT_FOUND) << begin << " to " << end;
  }
  journal().read(two, 1, 2);
  EXPECT_EQ(journal().last_status(), TENON_E_NOT_FOUND);
}

TEST_P(JournalSuite, PageHoldsWhatFitsAndAtLeastOne) {
  must_write({{one, 0, 1, entries(1, 10, 1, 1000), {}, {}}});
  EXPECT_EQ(journal().read(one, 1, 11, 0).size(), 1u);
  EXPECT_EQ(journal().read(one, 1, 11, 999).size(), 1u);
  const std::size_t count = journal().read(one, 1, 11, 3500).size();
  EXPECT_GE(count, 1u);
  EXPECT_LE(count, 4u);
  EXPECT_EQ(journal().log_of(one, 2500).entries.size(), 10u);
}

TEST_P(JournalSuite, TermIsKnownFromTheBaseToTheLastEntry) {
  must_write({one, TENON_LOG_SET_BASE, 11, entries(11, 2, 4), {}, {10, 3}});
  must_write(append(one, 13, 1, 6));
  EXPECT_EQ(journal().term_at(one, 10), 3u);
  EXPECT_EQ(journal().term_at(one, 12), 4u);
  EXPECT_EQ(journal().term_at(one, 13), 6u);
  for (const std::uint64_t outside : {9u, 14u}) {
    EXPECT_FALSE(journal().term_at(one, outside));
    EXPECT_EQ(journal().last_status(), TENON_E_NOT_FOUND);
  }
}

TEST_P(JournalSuite, EntriesReplaceTheTail) {
  must_write(append(one, 1, 10, 1));
  must_write(append(one, 4, 2, 2));
  EXPECT_EQ(journal().bounds(one)->last.index, 5u);
  EXPECT_EQ(journal().read(one, 1, 4), entries(1, 3, 1));
  EXPECT_EQ(journal().read(one, 4, 6), entries(4, 2, 2));
  // The same once more, so close to what was replaced that both may be read in one go.
  must_write(append(one, 5, 3, 3));
  EXPECT_EQ(journal().read(one, 5, 8), entries(5, 3, 3));
  EXPECT_EQ(journal().term_at(one, 4), 2u);
}

TEST_P(JournalSuite, ReplacedEntriesOfAnEarlierWriteStayReplaced) {
  must_write(append(one, 1, 2, 1));
  must_write(append(one, 3, 4, 1));  // close to the first
  must_write(append(one, 5, 1, 2));  // leaves 3 and 4 of the second
  must_write(append(one, 6, 2, 2));
  EXPECT_EQ(journal().log_of(one).entries.at(5), entries(5, 1, 2).front());
  EXPECT_EQ(journal().log_of(one).entries.at(6), entries(6, 1, 2).front());
  EXPECT_EQ(journal().log_of(one).entries.at(4), entries(4, 1, 1).front());
}

TEST_P(JournalSuite, SecondWriteOfACallSeesTheFirst) {
  must_write(
      {append(one, 1, 5, 1), append(one, 3, 1, 2, "later"), append(two, 1, 1, 1), append(one, 4, 2, 3)});
  EXPECT_EQ(journal().bounds(one)->last.index, 5u);
  EXPECT_EQ(journal().term_at(one, 3), 2u);
  EXPECT_EQ(journal().term_at(one, 5), 3u);
}

TEST_P(JournalSuite, NewBaseEmptiesTheLog) {
  must_write(append(one, 1, 5, 1, "before"));
  must_write({one, TENON_LOG_SET_BASE, 0, {}, {}, {100, 9}});
  EXPECT_EQ(journal().bounds(one)->base.index, 100u);
  EXPECT_EQ(journal().bounds(one)->last.index, 100u);
  EXPECT_EQ(journal().bounds(one)->last.term, 9u);
  must_write(append(one, 101, 1, 9));
  EXPECT_EQ(journal().read(one, 101, 102), entries(101, 1, 9));
  reopen();
  if (!GetParam().is_durable) return;
  const Logs found = journal().contents();
  EXPECT_EQ(found.at(one).hard_state, "before");
  EXPECT_EQ(found.at(one).base.index, 100u);
  EXPECT_EQ(found.at(one).entries.size(), 1u);
}

TEST_P(JournalSuite, RemovedGroupIsGoneAndMayComeBack) {
  must_write({append(one, 1, 5, 1, "hs"), append(two, 1, 1, 1)});
  must_write({one, TENON_LOG_REMOVE, 0, {}, {}, {}});
  EXPECT_FALSE(journal().bounds(one));
  must_write({one, TENON_LOG_REMOVE, 0, {}, {}, {}});
  must_write({{one, TENON_LOG_REMOVE, 0, {}, {}, {}}, append(one, 1, 1, 8)});
  EXPECT_EQ(journal().read(one, 1, 9), entries(1, 1, 8));
  EXPECT_EQ(journal().bounds(two)->last.index, 1u);
  reopen();
  if (!GetParam().is_durable) return;
  const Logs found = journal().contents();
  EXPECT_EQ(found.at(one).hard_state, "");
  EXPECT_EQ(found.at(one).entries.size(), 1u);
}

TEST_P(JournalSuite, GroupsAreFoundAgainInOrder) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  Logs wanted;
  std::vector<LogWrite> writes;
  for (const GroupId id : {GroupId{9, 1}, {2, 9}, {2, 1}, {UINT64_MAX, UINT64_MAX}, {0, 0}, {300, 2}}) {
    writes.push_back(append(id, 1, 1 + id.range % 7, 2, "hs" + std::to_string(id.range)));
    apply_write(wanted, writes.back());
  }
  must_write(writes);
  reopen();
  EXPECT_TRUE(is_same(journal().contents(), wanted));
  EXPECT_TRUE(journal().damaged().empty());
}

TEST_P(JournalSuite, WriteThatDoesNotFitIsRefusedWholeCallAndAll) {
  must_write({append(one, 1, 5, 1), {two, TENON_LOG_SET_BASE, 0, {}, {}, {50, 1}}});
  LogWrite gap = append(one, 6, 2, 1);
  std::vector<LogWrite> misfits = {append(one, 8, 1, 1), append(one, 0, 1, 1), append(two, 50, 1, 1),
                                   append(two, 1, 1, 1)};
  misfits.push_back(append(one, 6, 1, 1));
  misfits.back().flags = 0x100;
  for (const LogWrite& misfit : misfits) {
    EXPECT_EQ(journal().write_v({append(one, 6, 1, 1), append({77, 1}, 1, 1, 1), misfit}), TENON_E_INVALID)
        << misfit.group.range << " " << misfit.first;
    EXPECT_EQ(journal().bounds(one)->last.index, 5u);
    EXPECT_FALSE(journal().bounds({77, 1}));
  }
  must_write(append(one, 6, 1, 1));
}

TEST_P(JournalSuite, CompactedEntriesMayGoAndTheRestStays) {
  must_write(append(one, 1, 10, 1, "hs"));
  EXPECT_EQ(journal().compact(one, {11, 1}), TENON_E_INVALID);
  EXPECT_EQ(journal().compact(one, {4, 2}), TENON_E_INVALID);
  EXPECT_EQ(journal().compact({5, 5}, {1, 1}), TENON_E_NOT_FOUND);
  ASSERT_EQ(journal().compact(one, {4, 1}), TENON_OK) << journal().error();
  EXPECT_LE(journal().bounds(one)->base.index, 4u);
  EXPECT_EQ(journal().read(one, 5, 11), entries(5, 6, 1));
  ASSERT_EQ(journal().compact(one, {3, 1}), TENON_OK);
  ASSERT_EQ(journal().compact(one, {10, 1}), TENON_OK);
  EXPECT_EQ(journal().bounds(one)->last.index, 10u);
  EXPECT_EQ(journal().bounds(one)->last.term, 1u);
  must_write(append(one, 11, 1, 1));
  EXPECT_EQ(journal().read(one, 11, 12), entries(11, 1, 1));
}

TEST_P(JournalSuite, EmptyAndLargeEntriesComeBack) {
  std::vector<Entry> odd = {{1, 0, ""}, {1, UINT32_MAX, std::string(3 << 20, 'x')}, {UINT64_MAX, 7, "\0a"}};
  must_write({{one, TENON_LOG_SET_HARD_STATE, 1, odd, std::string(100000, 'h'), {}}});
  EXPECT_EQ(journal().log_of(one).entries.at(2), odd[1]);
  reopen();
  if (!GetParam().is_durable) return;
  const Logs found = journal().contents();
  EXPECT_EQ(found.at(one).hard_state.size(), 100000u);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(found.at(one).entries.at(i + 1), odd[i]);
}

TEST_P(JournalSuite, StatsCountGroupsAndEntries) {
  must_write({append(one, 1, 3, 1), append(two, 1, 4, 1)});
  const tenon_log_stats stats = journal().stats();
  EXPECT_EQ(stats.group_count, 2u);
  EXPECT_EQ(stats.entry_count, 7u);
  EXPECT_EQ(stats.latched, 0u);
  EXPECT_GT(stats.live_bytes, 0u);
}

}  // namespace
}  // namespace tenon::test
