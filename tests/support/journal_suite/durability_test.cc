// What is there after the process was killed or power was lost.
#include "support/journal_suite/history.h"
#include "support/journal_suite/journal_suite.h"
#include "support/journal_suite/seeds.h"
#include "support/journal_suite/write_source.h"

namespace tenon::test {
namespace {

constexpr GroupId one{1, 1};

// Writes and compacts until it has done `count` calls or one fails.
void live(TestJournal& journal, History& history, std::uint64_t seed, int count) {
  WriteSource source(seed);
  for (int i = 0; i < count; ++i) {
    if (source.random().percent(20)) {
      const auto at = history.last().find(source.group());
      if (at == history.last().end() || at->second.entries.empty()) continue;
      const std::uint64_t first = at->second.first_kept() - 1;
      const std::uint64_t index = first + source.random().below(at->second.last() - first + 1);
      if (!history.compact(journal, at->first, index)) return;
      continue;
    }
    Logs logs = history.last();
    if (!history.write(journal, source.next(logs))) return;
  }
}

TEST_P(JournalFaultSuite, AcknowledgedWriteSurvivesLossOfPower) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  must_write(append(one, 1, 3, 1, "vote"));
  lose_power();
  open();
  const Logs found = journal().contents();
  EXPECT_EQ(found.at(one).hard_state, "vote");
  EXPECT_EQ(found.at(one).entries.size(), 3u);
}

TEST_P(JournalFaultSuite, OneCallCostsOneSyncForAllGroups) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  must_write(append(one, 1, 1, 1));
  std::vector<LogWrite> writes;
  for (std::uint64_t range = 1; range <= 64; ++range) writes.push_back(append({range, 2}, 1, 1, 1));
  const std::uint64_t before = sim().count(DiskOp::fdatasync);
  must_write(writes);
  EXPECT_LE(sim().count(DiskOp::fdatasync), before + 1);
  EXPECT_EQ(journal().stats().group_count, 65u);
}

// One life, cut at its first changing operation, at its second, and so on through the making of the journal,
// writing, changing of files, and closing.
TEST_P(JournalFaultSuite, PowerMayGoAtEachOperation) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  close();
  for (const std::uint64_t seed : seeds(2)) {
    std::uint64_t cut = 0;
    for (bool reached = true; reached; ++cut) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", cut at operation " + std::to_string(cut));
      SimDisk small(seed * 1000 + cut);
      ASSERT_EQ(small.make_dir("/data"), TENON_OK);
      ASSERT_EQ(small.sync_dir("/"), TENON_OK);
      small.cut_power_at(cut);
      History history;
      {
        TestJournal journal(GetParam(), small, "/data");
        if (journal.open() == TENON_OK) live(journal, history, seed, 60);
      }
      reached = small.is_stopped();
      cut % 3 == 0 ? small.kill() : small.lose_power();
      TestJournal journal(GetParam(), small, "/data");
      ASSERT_EQ(journal.open(), TENON_OK) << journal.error();
      const Logs found = journal.contents();
      ASSERT_TRUE(journal.damaged().empty()) << journal.damaged().begin()->second;
      ASSERT_TRUE(history.explains(found));
      ASSERT_EQ(journal.verify(), TENON_OK) << journal.error();
    }
    EXPECT_GT(cut, 30u);
  }
}

TEST_P(JournalFaultSuite, EachSeedKeepsItsPromisesOverManyCrashes) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  for (const std::uint64_t seed : seeds(6)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimRandom random(seed * 1000);
    History history(journal().contents());
    for (int life = 0; life < 12; ++life) {
      sim().cut_power_at(random.below(100));
      live(journal(), history, random.next(), 60);
      const bool is_kill = random.percent(40);
      is_kill ? kill() : lose_power();
      open();
      const Logs found = journal().contents();
      ASSERT_TRUE(journal().damaged().empty())
          << "life " << life << ": " << journal().damaged().begin()->second;
      ASSERT_TRUE(history.explains(found)) << "life " << life << (is_kill ? ", killed" : ", power lost");
      ASSERT_EQ(journal().verify(), TENON_OK) << journal().error();
      history = History(found);
    }
  }
}

// What open has shown stays: what was only in the page cache of the process before is made durable.
TEST_P(JournalFaultSuite, WhatWasFoundOnceIsFoundAgain) {
  if (!GetParam().rewrites_tail)
    GTEST_SKIP() << "the engine below does not write again what a failed sync left";
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(journal().contents());
    sim().inject({.op = DiskOp::fdatasync, .skip_count = 5});
    live(journal(), history, seed, 40);
    sim().clear_faults();
    kill();
    open();
    const Logs found = journal().contents();
    ASSERT_TRUE(history.explains(found));
    lose_power();
    open();
    ASSERT_TRUE(is_same(journal().contents(), found));
  }
}

}  // namespace
}  // namespace tenon::test
