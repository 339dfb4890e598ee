// Damaged files: whatever was damaged is named, and what is served is right.
#include <tenon/host/health.h>

#include "support/journal_suite/journal_suite.h"
#include "support/journal_suite/seeds.h"
#include "support/journal_suite/write_source.h"

namespace tenon::test {
namespace {

using Files = std::map<std::string, std::vector<std::uint8_t>>;

class Damaged {
 public:
  // `logs` is what the journal whose files are in `dir` holds.
  Damaged(SimDisk& sim, std::string dir, const std::vector<std::string>& names, Logs logs)
      : sim_(sim), dir_(std::move(dir)), logs_(std::move(logs)) {
    for (const std::string& name : names) intact_[name] = sim_.content(dir_ + "/" + name);
  }
  const Files& intact() const { return intact_; }
  void restore(const std::vector<std::string>& names) {
    for (const std::string& name : names) sim_.remove(dir_ + "/" + name);
    sim_.sync_dir(dir_);
    for (const auto& [name, bytes] : intact_) sim_.set_content(dir_ + "/" + name, bytes);
  }
  // What open makes of the damage: groups that are served are right, each other one is named with a place.
  // `may_lose_tail`: the end of the newest file was cut off, which nobody can tell from a write that did not
  // end.
  testing::AssertionResult is_right(TestJournal& journal, bool may_lose_tail, std::size_t* ret_lost) const {
    if (journal.open() != TENON_OK) return testing::AssertionFailure() << "open: " << journal.error();
    const Logs found = journal.contents();
    if (journal.last_status() != TENON_OK)
      return testing::AssertionFailure() << "reading: " << journal.error();
    for (const auto& [id, log] : found) {
      const auto at = logs_.find(id);
      if (at == logs_.end()) return testing::AssertionFailure() << "a group came from nowhere";
      if (!is_same(log, at->second) && !may_lose_tail)
        return testing::AssertionFailure() << id.range << "." << id.incarnation << " is served wrong";
    }
    for (const auto& [id, log] : logs_)
      if (!found.contains(id) && !journal.damaged().contains(id) && !may_lose_tail)
        return testing::AssertionFailure() << id.range << "." << id.incarnation << " is lost in silence";
    for (const auto& [id, text] : journal.damaged())
      if (text.find(", offset ") == std::string::npos)
        return testing::AssertionFailure() << "no place in: " << text;
    *ret_lost = journal.damaged().size();
    return testing::AssertionSuccess();
  }

 private:
  SimDisk& sim_;
  const std::string dir_;
  Logs logs_;
  Files intact_;
};

// Fills the journal with a history of a seed, and one last write that is not the target of any damage.
Logs fill(TestJournal& journal, std::uint64_t seed, int calls) {
  WriteSource source(seed, 8);
  Logs logs;
  for (int i = 0; i < calls; ++i) EXPECT_EQ(journal.write_v(source.next(logs)), TENON_OK) << journal.error();
  const LogWrite last = append({99, 1}, 1, 1, 1);
  EXPECT_EQ(journal.write(last), TENON_OK);
  apply_write(logs, last);
  return logs;
}

#define TENON_REQUIRE_MARKS() \
  if (!GetParam().marks_damage) GTEST_SKIP() << "damage is the engine's to find: see the suite of engines"

TEST_P(JournalFaultSuite, FlippedBitCostsOneGroupAtMost) {
  TENON_REQUIRE_MARKS();
  for (const std::uint64_t seed : seeds(2)) {
    close();
    for (const std::string& name : files()) sim().remove(dir() + "/" + name);
    open();
    const Logs logs = fill(journal(), seed, 60);
    close();
    Damaged damaged(sim(), dir(), files(), logs);
    SimRandom random(seed);
    std::size_t hit = 0;
    for (int i = 0; i < 300; ++i) {
      auto name = damaged.intact().begin();
      std::advance(name, random.below(damaged.intact().size()));
      const std::uint64_t bit = random.below(name->second.size() * 8);
      SCOPED_TRACE("seed " + std::to_string(seed) + ", bit " + std::to_string(bit) + " of " + name->first);
      sim().flip_bit(dir() + "/" + name->first, bit);
      std::size_t lost = 0;
      {
        TestJournal journal(GetParam(), sim(), dir());
        // The last write of all has no later one that proves it was complete: where it holds zeroes, a flip
        // looks like a torn write.
        const bool is_newest =
            std::next(name) == damaged.intact().end() && bit / 8 + 9000 > name->second.size();
        ASSERT_TRUE(damaged.is_right(journal, is_newest, &lost));
        for (const auto& [id, text] : journal.damaged())
          ASSERT_LE(lost, 1u) << id.range << "." << id.incarnation << ": " << text;
        // Still so when it is opened again, and other groups go on.
        const auto marked = journal.damaged();
        for (const auto& [id, log] : logs)
          if (!marked.contains(id) && journal.bounds(id)) {
            ASSERT_EQ(journal.write(append(id, journal.bounds(id)->last.index + 1, 1, 99)), TENON_OK)
                << journal.error();
            break;
          }
        journal.close();
        ASSERT_EQ(journal.open(), TENON_OK);
        journal.contents();
        for (const auto& [id, text] : marked) ASSERT_TRUE(journal.damaged().contains(id)) << text;
        for (const auto& [id, text] : marked)
          ASSERT_EQ(journal.write({id, TENON_LOG_REMOVE, 0, {}, {}, {}}), TENON_OK);
        if (!marked.empty()) {
          ASSERT_EQ(journal.instance().health(), TENON_HEALTH_OK);
        }
      }
      hit += lost;
      damaged.restore(files());
    }
    EXPECT_GT(hit, 50u);  // the damage is not all in places that nobody needs
    open();
  }
}

TEST_P(JournalFaultSuite, LostPageNeverServesWrong) {
  TENON_REQUIRE_MARKS();
  const Logs logs = fill(journal(), 3, 80);
  close();
  Damaged damaged(sim(), dir(), files(), logs);
  SimRandom random(3);
  for (int i = 0; i < 150; ++i) {
    auto name = damaged.intact().begin();
    std::advance(name, random.below(damaged.intact().size()));
    std::vector<std::uint8_t> bytes = name->second;
    const std::uint64_t page_bytes = random.percent(50) ? 512 : 4096;
    const std::uint64_t page = random.below(bytes.size() / page_bytes + 1);
    SCOPED_TRACE("page " + std::to_string(page) + " of " + std::to_string(page_bytes) + " in " + name->first);
    const bool is_noise = random.percent(50);
    for (std::uint64_t at = page * page_bytes; at < std::min((page + 1) * page_bytes, bytes.size()); ++at)
      bytes[at] = is_noise ? static_cast<std::uint8_t>(random.next()) : 0;
    sim().set_content(dir() + "/" + name->first, bytes);
    std::size_t lost = 0;
    {
      TestJournal journal(GetParam(), sim(), dir());
      const bool is_newest =
          std::next(name) == damaged.intact().end() && (page + 1) * page_bytes + 9000 > bytes.size();
      ASSERT_TRUE(damaged.is_right(journal, is_newest, &lost));
    }
    damaged.restore(files());
  }
}

TEST_P(JournalFaultSuite, ShortenedOrMissingFileIsNoticed) {
  TENON_REQUIRE_MARKS();
  const Logs logs = fill(journal(), 5, 80);
  close();
  Damaged damaged(sim(), dir(), files(), logs);
  SimRandom random(5);
  if (damaged.intact().size() < 2) GTEST_SKIP() << "all is in the newest file, whose end is where it ends";
  for (auto name = damaged.intact().begin(); std::next(name) != damaged.intact().end(); ++name) {
    for (int i = 0; i < 10; ++i) {
      const std::string path = dir() + "/" + name->first;
      const std::uint64_t len = i == 0 ? 0 : random.below(name->second.size());
      SCOPED_TRACE(name->first + " has " + std::to_string(len) + " bytes");
      if (i == 1)
        sim().remove(path);
      else
        sim().set_content(path,
                          {name->second.begin(), name->second.begin() + static_cast<std::ptrdiff_t>(len)});
      std::size_t lost = 0;
      {
        TestJournal journal(GetParam(), sim(), dir());
        // Of a journal whose first file is gone nobody knows what was in it.
        ASSERT_TRUE(damaged.is_right(journal, i == 1 && name == damaged.intact().begin(), &lost));
      }
      damaged.restore(files());
    }
  }
}

TEST_P(JournalFaultSuite, FileOfANewerFormatIsRefusedAndLeftAlone) {
  TENON_REQUIRE_MARKS();
  fill(journal(), 1, 5);
  close();
  const std::string path = dir() + "/" + files().at(0);
  std::vector<std::uint8_t> bytes = sim().content(path);
  // A sound head of version 2, made by the rule of docs/internals/segment-log.md.
  const std::vector<std::uint8_t> newer_head = GetParam().newer_head;
  std::copy(newer_head.begin(), newer_head.end(), bytes.begin());
  sim().set_content(path, bytes);
  TestJournal journal(GetParam(), sim(), dir());
  EXPECT_EQ(journal.open(), TENON_E_UNSUPPORTED);
  EXPECT_NE(std::string(journal.error()).find(path), std::string::npos) << journal.error();
  EXPECT_EQ(sim().content(path), bytes);
}

TEST_P(JournalFaultSuite, DamagedGroupComesBackOnlyWhenRemoved) {
  TENON_REQUIRE_MARKS();
  const GroupId one{1, 1};
  const GroupId two{2, 1};
  must_write({append(one, 1, 50, 1, "hs"), append(two, 1, 50, 1, "hs")});
  must_write(append(two, 51, 1, 1));
  close();
  const std::string name = files().at(0);
  sim().flip_bit(dir() + "/" + name, 8 * (4096 + 136 + 88 + 20));
  open();
  const Logs found = journal().contents();
  EXPECT_EQ(found.at(two).last(), 51u);
  ASSERT_TRUE(journal().damaged().contains(one));
  EXPECT_NE(journal().damaged().at(one).find(name), std::string::npos);
  EXPECT_NE(journal().instance().log_text().find("damage"), std::string::npos);
  EXPECT_EQ(journal().instance().health(), TENON_HEALTH_DEGRADED);
  EXPECT_NE(std::find(files().begin(), files().end(), name + ".damaged"), files().end());
  journal().read(one, 1, 2);
  EXPECT_EQ(journal().last_status(), TENON_E_CORRUPT);
  EXPECT_EQ(journal().write(append(one, 51, 1, 1)), TENON_E_CORRUPT);
  EXPECT_EQ(journal().verify(), TENON_OK) << journal().error();
  must_write({{one, TENON_LOG_REMOVE, 0, {}, {}, {}}, append(one, 1, 1, 2, "anew")});
  reopen();
  EXPECT_EQ(journal().contents().at(one).hard_state, "anew");
  EXPECT_TRUE(journal().damaged().empty());
}

// The last page of the journal too: what was acknowledged is not taken for a write that did not end.
TEST_P(JournalFaultSuite, UnreadablePageNeverServesWrongAndIsNoReasonNotToOpen) {
  TENON_REQUIRE_MARKS();
  Logs logs = fill(journal(), 3, 80);
  // Each group has a record outside of the last page, or nobody could know of it.
  for (const LogWrite& write :
       {LogWrite{{99, 1}, 0, 2, entries(2, 1, 1, 9000), {}, {}}, append({99, 1}, 3, 1, 1)}) {
    must_write(write);
    apply_write(logs, write);
  }
  close();
  Damaged damaged(sim(), dir(), files(), logs);
  constexpr std::uint64_t page_bytes = 4096;
  for (const auto& [name, bytes] : damaged.intact()) {
    // Of a journal whose only head is unreadable no record is known.
    const std::uint64_t first = damaged.intact().size() == 1 ? 1 : 0;
    for (std::uint64_t page = first; page * page_bytes < bytes.size(); ++page) {
      SCOPED_TRACE("page " + std::to_string(page) + " in " + name);
      sim().make_unreadable(dir() + "/" + name, page * page_bytes, page_bytes);
      std::size_t lost = 0;
      for (int times = 0; times < 2; ++times) {
        TestJournal journal(GetParam(), sim(), dir());
        ASSERT_TRUE(damaged.is_right(journal, false, &lost));
      }
      sim().clear_faults();
      damaged.restore(files());
    }
  }
  open();
}

TEST_P(JournalFaultSuite, JournalWithoutAReadableHeadIsRefusedAndLeftAlone) {
  TENON_REQUIRE_MARKS();
  must_write(append({1, 1}, 1, 1, 1));
  close();
  const std::string path = dir() + "/" + files().at(0);
  const std::vector<std::uint8_t> bytes = sim().content(path);
  sim().make_unreadable(path, 0, 4096);
  {
    TestJournal journal(GetParam(), sim(), dir());
    EXPECT_EQ(journal.open(), TENON_E_IO);
    EXPECT_NE(std::string(journal.error()).find(path), std::string::npos) << journal.error();
  }
  EXPECT_EQ(sim().content(path), bytes);
  sim().clear_faults();
  open();
  EXPECT_EQ(journal().contents().at({1, 1}).last(), 1u);
}

// When the straggler is to be moved, its page can't be read: its group is marked, and all others go on, also
// when the call in which it shows writes to this very group.
TEST_P(JournalFaultSuite, UnreadableStragglerCostsItsGroupOnly) {
  TENON_REQUIRE_MARKS();
  if (GetParam().segment_bytes > (1 << 20)) GTEST_SKIP() << "a test of this size moves nothing";
  for (const bool writes_to_it : {false, true}) {
    SCOPED_TRACE(writes_to_it);
    close();
    for (const std::string& name : files()) sim().remove(dir() + "/" + name);
    open();
    must_write({{7, 1}, TENON_LOG_SET_HARD_STATE, 1, entries(1, 1, 1, 9000), "hs", {}});
    const std::string first = dir() + "/" + files().at(0);
    must_write(append({8, 1}, 1, 1, 1, "hs"));
    sim().make_unreadable(first, 8192, 4096);
    std::size_t refused = 0;
    for (std::uint64_t index = 1; index <= 2000; ++index) {
      std::vector<LogWrite> writes{append({1, 1}, index, 1, 1)};
      const bool is_alone = !writes_to_it || refused > 0;
      if (!is_alone) writes.push_back({{7, 1}, TENON_LOG_SET_HARD_STATE, 0, {}, "hs2", {}});
      tenon_status status = journal().write_v(writes);
      if (!is_alone && status == TENON_E_CORRUPT) {
        ++refused;
        status = journal().write(writes[0]);
      }
      ASSERT_EQ(status, TENON_OK) << index << ": " << journal().error();
      ASSERT_EQ(journal().compact({1, 1}, {index, 1}), TENON_OK) << journal().error();
    }
    EXPECT_EQ(refused, writes_to_it ? 1u : 0u);
    EXPECT_EQ(journal().stats().latched, 0u);
    EXPECT_FALSE(sim().exists(first));
    EXPECT_EQ(journal().write(append({7, 1}, 2, 1, 1)), TENON_E_CORRUPT);
    sim().clear_faults();
    reopen();
    const Logs found = journal().contents();
    EXPECT_TRUE(journal().damaged().contains({7, 1}));
    EXPECT_EQ(journal().damaged().size(), 1u);
    EXPECT_EQ(found.at({8, 1}).last(), 1u);
  }
}

// A read of an old file that can't even be opened stops no write.
TEST_P(JournalFaultSuite, WritesGoOnWhileNothingCanBeMoved) {
  TENON_REQUIRE_MARKS();
  if (GetParam().segment_bytes > (1 << 20)) GTEST_SKIP() << "a test of this size moves nothing";
  must_write(append({7, 1}, 1, 1, 1, "hs"));
  const std::string first = files().at(0);
  for (const tenon_status why : {TENON_E_BUSY, TENON_E_IO}) {
    sim().inject({.op = DiskOp::open, .status = why, .path_part = first, .fail_count = UINT64_MAX});
    const std::uint64_t begin = why == TENON_E_BUSY ? 1 : 1001;
    for (std::uint64_t index = begin; index < begin + 1000; ++index) {
      ASSERT_EQ(journal().write(append({1, 1}, index, 1, 1)), TENON_OK) << index << ": " << journal().error();
      ASSERT_EQ(journal().compact({1, 1}, {index, 1}), TENON_OK) << journal().error();
    }
    EXPECT_TRUE(sim().exists(dir() + "/" + first));
    sim().clear_faults();
  }
  must_write(append({1, 1}, 2001, 1, 1));
  ASSERT_EQ(journal().compact({1, 1}, {2001, 1}), TENON_OK) << journal().error();
  EXPECT_FALSE(sim().exists(dir() + "/" + first));
  reopen();
  EXPECT_EQ(journal().contents().at({7, 1}).last(), 1u);
  EXPECT_TRUE(journal().damaged().empty());
}

// Cut at each byte of the last call, all writes of which went to the disk in one go.
TEST_P(JournalFaultSuite, TornTailIsCutOffAtEachByte) {
  TENON_REQUIRE_MARKS();
  must_write({append({1, 1}, 1, 2, 1, "hs"), append({2, 1}, 1, 2, 1)});
  const std::uint64_t before = sim().content(dir() + "/" + files().back()).size();
  must_write({append({1, 1}, 3, 1, 1), append({2, 1}, 3, 1, 1), append({3, 1}, 1, 1, 1)});
  close();
  const std::string path = dir() + "/" + files().back();
  const std::vector<std::uint8_t> bytes = sim().content(path);
  ASSERT_LT(before, bytes.size());
  for (std::uint64_t len = before; len < bytes.size(); ++len) {
    SCOPED_TRACE(len);
    // Behind the cut: nothing, or zeroes, as when the length of a file is durable before its bytes are.
    for (const bool has_zeroes : {false, true}) {
      std::vector<std::uint8_t> torn(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(len));
      if (has_zeroes) torn.resize(bytes.size() + 1024);
      sim().set_content(path, torn);
      open();
      const Logs found = journal().contents();
      ASSERT_TRUE(journal().damaged().empty()) << journal().damaged().begin()->second;
      const std::size_t count = (found.at({1, 1}).last() == 3 ? 1 : 0) +
                                (found.at({2, 1}).last() == 3 ? 1 : 0) + (found.contains({3, 1}) ? 1 : 0);
      // The body of the last record may be whole without its trailer.
      ASSERT_LT(count, has_zeroes ? 4u : 3u);
      ASSERT_TRUE(count < 1 || found.at({1, 1}).last() == 3);
      ASSERT_TRUE(count < 2 || found.at({2, 1}).last() == 3);
      must_write(append({1, 1}, found.at({1, 1}).last() + 1, 1, 7));
      reopen();
      ASSERT_EQ(journal().contents().at({1, 1}).entries.rbegin()->second.term, 7u);
      close();
    }
  }
  open();
}

}  // namespace
}  // namespace tenon::test
