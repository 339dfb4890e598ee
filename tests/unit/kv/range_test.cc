#include "kv/range.h"

#include <gtest/gtest.h>

#include "base/wire.h"
#include "fake_engine.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

constexpr UnixMs start_ms = 1'700'000'000'000;

Command plain(std::string_view text) {
  return {Command::Kind::service, SourceId::none, 0, text};
}
Command numbered(std::uint64_t sequence, std::string_view text, std::uint64_t source = 5) {
  return {Command::Kind::service, SourceId{source}, sequence, text};
}

class RangeTest : public testing::Test {
 protected:
  RangeTest() : range_(new_record(), engine_.state, engine_.sources, std::make_unique<TextMachine>()) {
    EXPECT_TRUE(range_.load());
  }

  LogPoint next() const { return {range_.applied().index + 1, 1}; }
  Range::Applied apply(const std::vector<Command>& commands, UnixMs stamp_ms = start_ms) {
    EntryBuilder builder;
    for (const Command& command : commands) builder.add(command);
    return range_.apply(next(), builder.take(stamp_ms)).value();
  }
  std::vector<Outcome> outcomes(const std::vector<Command>& commands) {
    std::vector<Outcome> outcomes;
    for (const CommandResult& result : apply(commands).results) outcomes.push_back(result.outcome);
    return outcomes;
  }
  std::string ask(std::string_view question) {
    std::string reply;
    EXPECT_TRUE(range_.query(start_ms, question, reply));
    return reply;
  }
  std::string time_of(UnixMs stamp_ms) {
    apply({plain("time")}, stamp_ms);
    return ask("time");
  }
  void flush() {
    engine_.write(range_.begin_flush());
    range_.end_flush();
  }
  RangeRecord kept_record() {
    return decode_range_record(engine_.records.items.at(range_key({7, 1}))).value();
  }

  FakeEngine engine_;
  Range range_;
};

TEST_F(RangeTest, AppliesTheCommandsOfAnEntryInOrder) {
  const Range::Applied applied = apply({plain("put a 1"), plain("get a"), plain("put a 2"), plain("get a")});
  ASSERT_EQ(applied.results.size(), 4u);
  EXPECT_EQ(applied.results[1].reply, "1");
  EXPECT_EQ(applied.results[3].reply, "2");
  EXPECT_EQ(ask("a"), "2");
}

TEST_F(RangeTest, HandsOutTheNoticesOfAnEntry) {
  const Range::Applied applied = apply({plain("notify 2"), plain("notify 3")});
  ASSERT_EQ(applied.notices.size(), 2u);
  EXPECT_EQ(applied.notices[0].node, NodeId{2});
  EXPECT_EQ(applied.notices[1].text, "hello");
}

TEST_F(RangeTest, ARefusedCommandLeavesNoTrace) {
  apply({plain("count")});
  flush();
  const std::size_t memory = range_.memory_bytes();
  const Range::Applied applied = apply({plain("spoil")});
  EXPECT_EQ(applied.results[0].outcome, Outcome::refused);
  EXPECT_EQ(applied.results[0].reply, "");
  EXPECT_TRUE(applied.notices.empty());
  EXPECT_EQ(range_.memory_bytes(), memory);
  EXPECT_EQ(ask("count"), "1");
  EXPECT_EQ(ask("spoiled"), "none");
}

// Those that know the command apply it: going on without it would make the replicas differ.
TEST_F(RangeTest, AReplicaThatDoesNotKnowACommittedCommandStopsAndKeepsWhatItHad) {
  for (const Command& unknown :
       {Command{Command::Kind{77}, SourceId::none, 0, "put a 1"}, plain("later"), numbered(1, "later")}) {
    FakeEngine engine;
    Range range(new_record(), engine.state, engine.sources, std::make_unique<TextMachine>());
    ASSERT_TRUE(range.load());
    const LogPoint before = range.applied();
    EntryBuilder entry;
    entry.add(plain("put a 2"));
    entry.add(unknown);
    const auto applied = range.apply({before.index + 1, 1}, entry.take(start_ms));
    ASSERT_FALSE(applied.ok());
    EXPECT_EQ(applied.error().code, Errc::unsupported);
    EXPECT_NE(applied.error().message.find("older than its peers"), std::string::npos);
    EXPECT_EQ(range.applied(), before);
    engine.write(range.begin_flush());
    EXPECT_TRUE(engine.state.items.empty());
  }
}

TEST_F(RangeTest, WhatIsNotKnownIsToldBeforeItIsProposed) {
  EXPECT_TRUE(range_.knows(plain("put a 1")));
  EXPECT_TRUE(range_.knows(plain("spoil")));
  EXPECT_FALSE(range_.knows(plain("later")));
}

TEST_F(RangeTest, TheSameNumberIsAppliedOnce) {
  EXPECT_EQ(outcomes({numbered(1, "count"), numbered(1, "count")}),
            (std::vector{Outcome::done, Outcome::duplicate}));
  flush();
  EXPECT_EQ(outcomes({numbered(1, "count"), numbered(2, "count")}),
            (std::vector{Outcome::duplicate, Outcome::done}));
  EXPECT_EQ(ask("count"), "2");
}

TEST_F(RangeTest, NothingIsAppliedBehindAGap) {
  EXPECT_EQ(
      outcomes({numbered(2, "count"), numbered(1, "count"), numbered(3, "count"), numbered(2, "count")}),
      (std::vector{Outcome::gap, Outcome::done, Outcome::gap, Outcome::done}));
  EXPECT_EQ(ask("count"), "2");
}

TEST_F(RangeTest, AGapTellsTheLastNumberThatWasApplied) {
  apply({numbered(1, "count"), numbered(2, "count")});
  const Range::Applied applied = apply({numbered(9, "count")});
  EXPECT_EQ(applied.results[0].outcome, Outcome::gap);
  EXPECT_EQ(applied.results[0].reply, "\x02");
}

TEST_F(RangeTest, SendersAreNumberedEachForItself) {
  EXPECT_EQ(outcomes({numbered(1, "count", 5), numbered(1, "count", 6), numbered(2, "count", 6)}),
            (std::vector{Outcome::done, Outcome::done, Outcome::done}));
}

TEST_F(RangeTest, ARefusedCommandUsesItsNumberUp) {
  EXPECT_EQ(outcomes({numbered(1, "spoil"), numbered(2, ""), numbered(3, "count")}),
            (std::vector{Outcome::refused, Outcome::refused, Outcome::done}));
  flush();
  EXPECT_EQ(outcomes({numbered(1, "spoil"), numbered(2, ""), numbered(3, "count"), numbered(4, "count")}),
            (std::vector{Outcome::refused, Outcome::refused, Outcome::duplicate, Outcome::done}));
  EXPECT_EQ(ask("count"), "2");
}

TEST_F(RangeTest, ASenderWithoutANumberIsRefused) {
  EXPECT_EQ(outcomes({numbered(0, "count")}), (std::vector{Outcome::refused}));
  EXPECT_EQ(ask("count"), "none");
}

TEST_F(RangeTest, AForgottenSenderLeavesNoRow) {
  apply({numbered(1, "count")});
  flush();
  ASSERT_EQ(engine_.sources.items.size(), 1u);
  EXPECT_EQ(engine_.sources.items.begin()->first, source_key({7, 1}, SourceId{5}));
  const Command forget{Command::Kind::forget_source, SourceId{5}, 0, ""};
  EXPECT_EQ(outcomes({forget, forget}), (std::vector{Outcome::done, Outcome::done}));
  flush();
  EXPECT_TRUE(engine_.sources.items.empty());
}

TEST_F(RangeTest, ItsSendersAreListedInOrderWhetherFlushedOrNotAndNoneOfOtherRanges) {
  engine_.sources.items[source_key({7, 0}, SourceId{4})] = encode(SourceRow{1, {}});
  engine_.sources.items[source_key({7, 2}, SourceId{4})] = encode(SourceRow{1, {}});
  apply({numbered(1, "count")});
  flush();
  apply({{Command::Kind::service, SourceId{300}, 1, "count"},
         {Command::Kind::service, SourceId{2}, 1, "count"}});
  std::vector<SourceId> seen;
  const auto see = [&](SourceId source) {
    seen.push_back(source);
    return true;
  };
  ASSERT_TRUE(range_.each_source(see).ok());
  EXPECT_EQ(seen, (std::vector{SourceId{2}, SourceId{5}, SourceId{300}}));
  seen.clear();
  ASSERT_TRUE(range_.each_source([&](SourceId source) { return see(source) && seen.size() < 2; }).ok());
  EXPECT_EQ(seen, (std::vector{SourceId{2}, SourceId{5}}));
}

TEST_F(RangeTest, ASenderForgottenBeforeAFlushNeverMeetsTheEngine) {
  apply({numbered(1, "get a"), {Command::Kind::forget_source, SourceId{5}, 0, ""}});
  EXPECT_EQ(range_.memory_bytes(), 0u);
  EXPECT_TRUE(range_.begin_flush().sources.empty());
}

TEST_F(RangeTest, ForgettingNobodyIsRefused) {
  EXPECT_EQ(outcomes({{Command::Kind::forget_source, SourceId::none, 0, ""}}),
            (std::vector{Outcome::refused}));
}

TEST_F(RangeTest, ARowOfASenderThatMakesNoSenseStopsTheReplica) {
  engine_.sources.items[source_key({7, 1}, SourceId{5})] = "";
  EntryBuilder builder;
  builder.add(numbered(1, "count"));
  EXPECT_EQ(range_.apply(next(), builder.take(start_ms)).error().code, Errc::corrupt);
}

TEST_F(RangeTest, ItsTimeNeverGoesBack) {
  EXPECT_EQ(time_of(start_ms), std::to_string(start_ms));
  EXPECT_EQ(time_of(start_ms - 1), std::to_string(start_ms));
  EXPECT_EQ(time_of(start_ms + 1), std::to_string(start_ms + 1));
  EXPECT_EQ(range_.stamp(start_ms), start_ms + 1);
}

TEST_F(RangeTest, OneEntryTakesItsTimeForwardByOneStepAtMost) {
  time_of(start_ms);
  EXPECT_EQ(time_of(start_ms + stamp_step_ms_max), std::to_string(start_ms + stamp_step_ms_max));
  EXPECT_EQ(time_of(start_ms + 3 * stamp_step_ms_max), std::to_string(start_ms + 2 * stamp_step_ms_max));
  EXPECT_EQ(time_of(std::numeric_limits<UnixMs>::max()), std::to_string(start_ms + 3 * stamp_step_ms_max));
}

TEST_F(RangeTest, EntriesWithoutCommandsBringALaggingTimeForward) {
  time_of(start_ms);
  const UnixMs clock_ms = start_ms + 5 * stamp_step_ms_max / 2;
  int entries = 0;
  for (; range_.time_lags(clock_ms); ++entries) apply({}, range_.stamp(clock_ms));
  EXPECT_EQ(entries, 2);
  EXPECT_EQ(range_.stamp(clock_ms), clock_ms);
}

TEST_F(RangeTest, AFlushKeepsTheStateWithTheRecordOfIt) {
  apply({plain("put a 1"), numbered(1, "put b 2")}, start_ms);
  const EngineBatch batch = range_.begin_flush();
  ASSERT_EQ(batch.state.size(), 2u);
  EXPECT_EQ(batch.state[0].key, "a");
  EXPECT_EQ(batch.state[1].key, "b");
  apply({plain("erase a")}, start_ms + 1);
  EXPECT_EQ(range_.flushed(), LogPoint());
  engine_.write(batch);
  range_.end_flush();
  EXPECT_EQ(range_.flushed(), (LogPoint{1, 1}));
  EXPECT_EQ(kept_record().applied, (LogPoint{1, 1}));
  EXPECT_EQ(kept_record().last_stamp_ms, start_ms);
  EXPECT_EQ(engine_.state.items, (Items{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(ask("a"), "none");
  flush();
  EXPECT_EQ(engine_.state.items, (Items{{"b", "2"}}));
  EXPECT_EQ(range_.memory_bytes(), 0u);
}

TEST_F(RangeTest, EntriesWithoutCommandsMoveTheRecordOn) {
  range_.apply_nothing({1, 3});
  EXPECT_EQ(range_.applied(), (LogPoint{1, 3}));
  Members members;
  members.voters = {NodeId{4}};
  range_.apply_members({2, 3}, members);
  flush();
  EXPECT_EQ(kept_record().applied, (LogPoint{2, 3}));
  EXPECT_EQ(kept_record().descriptor.members, members);
  EXPECT_EQ(kept_record().descriptor.epoch, (Epoch{0, 1}));
}

TEST_F(RangeTest, NothingOfAnEntryThatMetABrokenDiskIsFlushed) {
  apply({plain("put a 1")});
  EntryBuilder builder;
  builder.add(numbered(1, "put a 2"));
  builder.add(plain("fail"));
  EXPECT_EQ(range_.apply(next(), builder.take(start_ms + 1)).error().code, Errc::io);
  flush();
  EXPECT_EQ(engine_.state.items, (Items{{"a", "1"}}));
  EXPECT_TRUE(engine_.sources.items.empty());
  EXPECT_EQ(kept_record().applied, (LogPoint{1, 1}));
  EXPECT_EQ(kept_record().last_stamp_ms, start_ms);
}

TEST_F(RangeTest, AnEntryThatCantBeReadChangesNothing) {
  apply({plain("put a 1")});
  EntryBuilder builder;
  builder.add(numbered(1, "put a 2"));
  const std::string payload = builder.take(start_ms);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_EQ(range_.apply(next(), std::string_view(payload).substr(0, size)).error().code, Errc::corrupt);
    EXPECT_EQ(range_.applied(), (LogPoint{1, 1}));
    EXPECT_EQ(ask("a"), "1");
  }
}

TEST_F(RangeTest, WhateverByteOfAnEntryIsWrongItIsAppliedAsAWholeOrNotAtAll) {
  EntryBuilder builder;
  builder.add(numbered(1, "put a 2"));
  builder.add(plain("count"));
  const std::string payload = builder.take(start_ms);
  for (std::size_t at = 0; at < payload.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = payload;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      FakeEngine engine;
      Range range(new_record(), engine.state, engine.sources, std::make_unique<TextMachine>());
      const Result<Range::Applied> applied = range.apply({1, 1}, flipped);
      if (applied)
        EXPECT_EQ(applied->results.size(), read_entry(flipped)->commands.size());
      else
        EXPECT_EQ(range.memory_bytes(), 0u);
      EXPECT_EQ(range.applied().index, applied ? 1u : 0u);
    }
}

}  // namespace
}  // namespace tenon::kv
