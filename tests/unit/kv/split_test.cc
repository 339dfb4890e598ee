#include "kv/reshape/split.h"

#include <gtest/gtest.h>

#include "base/wire.h"
#include "fake_engine.h"
#include "kv/range.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

constexpr UnixMs start_ms = 1'700'000'000'000;
constexpr RangeId child_id{9, 1};

Command plain(std::string_view text, std::string_view key = {}) {
  return {Command::Kind::service, SourceId::none, 0, text, key};
}
Command numbered(std::uint64_t sequence, std::string_view text, std::string_view key = {}) {
  return {Command::Kind::service, SourceId{5}, sequence, text, key};
}

Command many(std::uint64_t sequence, std::string_view text, std::string_view key, std::string_view last) {
  return {Command::Kind::service_many, SourceId{5}, sequence, text, key, last};
}

class SplitTest : public testing::Test {
 protected:
  SplitTest() : range_(open(new_record())) {}

  std::unique_ptr<Range> open(const RangeRecord& record) {
    auto range =
        std::make_unique<Range>(record, engine_.state, engine_.sources, std::make_unique<TextMachine>());
    EXPECT_TRUE(range->load());
    return range;
  }
  std::string entry(const std::vector<Command>& commands) {
    EntryBuilder builder;
    for (const Command& command : commands) builder.add(command);
    return builder.take(start_ms);
  }
  Range::Applied apply(Range& range, const std::vector<Command>& commands) {
    return range.apply({range.applied().index + 1, 1}, entry(commands)).value();
  }
  Outcome outcome(Range& range, const Command& command) { return apply(range, {command}).results[0].outcome; }
  Range::Applied split(const SplitCommand& split) {
    const std::string text = encode(split);
    return apply(*range_, {{Command::Kind::split, SourceId::none, 0, text}});
  }
  void flush() {
    engine_.write(range_->begin_flush());
    range_->end_flush();
  }
  std::unique_ptr<Range> open_child() {
    return open(decode_range_record(engine_.records.items.at(range_key(child_id))).value());
  }
  std::string ask(const Range& range, std::string_view question) {
    std::string reply;
    EXPECT_TRUE(range.query(start_ms, question, reply));
    return reply;
  }

  FakeEngine engine_;
  std::unique_ptr<Range> range_;
};

TEST(SplitCommand, StandsInTheseBytes) {
  const SplitCommand split{{300, 1}, 2, "mm"};
  EXPECT_EQ(encode(split), "\xac\x02\x01\x02\x02mm");
  EXPECT_EQ(decode_split(encode(split)).value(), split);
}

TEST(SplitCommand, CutOffAnywhereItIsInvalid) {
  const std::string text = encode(SplitCommand{{300, 1}, 2, "mm"});
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(decode_split(std::string_view(text).substr(0, size)).error().code, Errc::invalid);
}

TEST_F(SplitTest, MakesTwoDescriptorsOfOne) {
  const Range::Applied applied = split({child_id, 0, "m"});
  EXPECT_EQ(applied.results[0].outcome, Outcome::done);
  EXPECT_EQ(range_->descriptor().begin, "");
  EXPECT_EQ(range_->descriptor().end, "m");
  EXPECT_EQ(range_->descriptor().epoch, (Epoch{1, 0}));
  ASSERT_EQ(applied.children.size(), 1u);
  const RangeRecord& child = applied.children[0];
  EXPECT_EQ(child.id, child_id);
  EXPECT_EQ(child.descriptor.begin, "m");
  EXPECT_EQ(child.descriptor.end, "");
  EXPECT_EQ(child.descriptor.epoch, (Epoch{1, 0}));
  EXPECT_EQ(child.descriptor.members, range_->descriptor().members);
  EXPECT_EQ(child.applied, split_start);
  EXPECT_EQ(child.last_stamp_ms, start_ms);
}

TEST_F(SplitTest, BothGoOnWithTheirItems) {
  apply(*range_, {plain("put a 1"), plain("put m 2"), plain("put z 3")});
  split({child_id, 0, "m"});
  flush();
  const std::unique_ptr<Range> child = open_child();
  EXPECT_EQ(ask(*range_, "a"), "1");
  EXPECT_EQ(ask(*range_, "m"), "none");
  EXPECT_EQ(ask(*child, "a"), "none");
  EXPECT_EQ(ask(*child, "m"), "2");
  EXPECT_EQ(ask(*child, "z"), "3");
  EXPECT_EQ(outcome(*child, plain("put z 4", "z")), Outcome::done);
  EXPECT_EQ(outcome(*range_, plain("put b 5", "b")), Outcome::done);
  EXPECT_EQ(ask(*child, "z"), "4");
}

TEST_F(SplitTest, TheRecordOfTheChildIsWrittenOnce) {
  split({child_id, 0, "m"});
  EXPECT_EQ(range_->begin_flush().children.size(), 1u);
  range_->end_flush();
  EXPECT_TRUE(range_->begin_flush().children.empty());
}

TEST_F(SplitTest, ACommandForTheOtherRangeIsNotApplied) {
  split({child_id, 0, "m"});
  EXPECT_EQ(outcome(*range_, numbered(1, "put z 1", "z")), Outcome::wrong_range);
  EXPECT_EQ(outcome(*range_, numbered(2, "put a 1", "a")), Outcome::done);
  EXPECT_EQ(outcome(*range_, numbered(1, "put z 1", "z")), Outcome::wrong_range);
  flush();
  const std::unique_ptr<Range> child = open_child();
  EXPECT_EQ(outcome(*child, plain("put a 2", "a")), Outcome::wrong_range);
  EXPECT_EQ(engine_.state.items, (Items{{"a", "1"}}));
}

TEST_F(SplitTest, ACommandThatWritesOutsideLeavesNoTrace) {
  split({child_id, 0, "m"});
  flush();
  for (const char* text : {"put z 1", "insert z 1", "erase z"})
    EXPECT_EQ(outcome(*range_, plain(text)), Outcome::refused) << text;
  EXPECT_EQ(range_->memory_bytes(), 0u);
  EXPECT_EQ(outcome(*range_, plain("put a 1")), Outcome::done);
}

TEST_F(SplitTest, ACommandForTheWholeRangeKeepsToIt) {
  apply(*range_, {plain("put a 1"), plain("put z 3")});
  split({child_id, 0, "m"});
  flush();
  EXPECT_EQ(outcome(*range_, plain("clear")), Outcome::done);
  flush();
  EXPECT_EQ(engine_.state.items, (Items{{"z", "3"}}));
}

TEST_F(SplitTest, BothKnowTheNumbersOfTheSenders) {
  apply(*range_, {numbered(1, "put a 1", "a"), numbered(2, "put z 2", "z")});
  split({child_id, 0, "m"});
  flush();
  const std::unique_ptr<Range> child = open_child();
  EXPECT_EQ(outcome(*child, numbered(2, "put z 2", "z")), Outcome::duplicate);
  EXPECT_EQ(outcome(*range_, numbered(1, "put a 1", "a")), Outcome::duplicate);
  EXPECT_EQ(outcome(*range_, numbered(3, "put a 3", "a")), Outcome::done);
  EXPECT_EQ(outcome(*child, numbered(3, "put z 3", "z")), Outcome::done);
}

TEST_F(SplitTest, TheChildTellsWhatOfASenderWasAppliedBefore) {
  apply(*range_, {numbered(1, "put a 1", "a"), numbered(2, "put z 2", "z")});
  split({child_id, 0, "m"});
  // Answers that were lost, and two commands that came too late.
  const std::vector<CommandResult> late =
      apply(*range_, {numbered(2, "put z 2", "z"), numbered(3, "put a 3", "a"), numbered(4, "put z 4", "z"),
                      numbered(5, "put y 5", "y")})
          .results;
  EXPECT_EQ(late[0].outcome, Outcome::wrong_range);
  EXPECT_EQ(late[1].outcome, Outcome::done);
  EXPECT_EQ(late[2].outcome, Outcome::wrong_range);
  EXPECT_EQ(late[3].outcome, Outcome::wrong_range);
  flush();
  const std::unique_ptr<Range> child = open_child();
  EXPECT_EQ(outcome(*child, numbered(2, "put z 2", "z")), Outcome::duplicate);
  const Range::Applied gap = apply(*child, {numbered(4, "put z 4", "z")});
  EXPECT_EQ(gap.results[0].outcome, Outcome::gap);
  EXPECT_EQ(gap.results[0].reply, "\x02");
  EXPECT_EQ(outcome(*child, numbered(3, "put z 4", "z")), Outcome::done);
  EXPECT_EQ(outcome(*child, numbered(4, "put y 5", "y")), Outcome::done);
}

TEST_F(SplitTest, ACommandForKeysOfBothRangesIsNotAppliedAndLeavesItsNumberToAPartOfIt) {
  split({child_id, 0, "m"});
  EXPECT_EQ(outcome(*range_, many(1, "put a 1", "a", "z")), Outcome::wrong_range);
  EXPECT_EQ(outcome(*range_, numbered(2, "put b 2", "b")), Outcome::gap);
  EXPECT_EQ(outcome(*range_, many(1, "put a 1", "a", "b")), Outcome::done);
  EXPECT_EQ(outcome(*range_, numbered(2, "put b 2", "b")), Outcome::done);
}

TEST_F(SplitTest, ACommandForKeysOfBothRangesThatWasAppliedBeforeIsADuplicate) {
  EXPECT_EQ(outcome(*range_, many(1, "put a 1", "a", "z")), Outcome::done);
  split({child_id, 0, "m"});
  EXPECT_EQ(outcome(*range_, many(1, "put a 1", "a", "z")), Outcome::duplicate);
}

TEST_F(SplitTest, ACommandForSeveralKeysOfTheOtherRangeUsesItsNumberUp) {
  split({child_id, 0, "m"});
  EXPECT_EQ(outcome(*range_, many(1, "put n 1", "n", "z")), Outcome::wrong_range);
  EXPECT_EQ(outcome(*range_, numbered(2, "put b 2", "b")), Outcome::done);
}

TEST_F(SplitTest, ARangeSplitTwiceInOneEntryMakesTwoChildren) {
  const std::string first = encode(SplitCommand{{9, 1}, 0, "m"});
  const std::string second = encode(SplitCommand{{10, 1}, 1, "d"});
  const Range::Applied applied = apply(*range_, {{Command::Kind::split, SourceId::none, 0, first},
                                                 {Command::Kind::split, SourceId::none, 0, second}});
  ASSERT_EQ(applied.children.size(), 2u);
  EXPECT_EQ(applied.children[1].descriptor.begin, "d");
  EXPECT_EQ(applied.children[1].descriptor.end, "m");
  EXPECT_EQ(range_->descriptor().end, "d");
}

TEST_F(SplitTest, ThatMakesNoSenseIsRefused) {
  Descriptor piece = whole_store();
  piece.begin = "b";
  piece.end = "y";
  piece.epoch.boundary = 4;
  range_ = open({{7, 1}, piece, {}, 0});
  const SplitCommand refused[] = {
      {child_id, 3, "m"},    // planned for an older state
      {child_id, 5, "m"},    // or for none that ever was
      {child_id, 4, "b"},    // leaves nothing
      {child_id, 4, "y"},    // outside
      {child_id, 4, "a"},    // outside
      {child_id, 4, ""},     // outside
      {{7, 2}, 4, "m"},      // its own number
      {child_id, 4, "m/1"},  // among keys that belong together
  };
  for (const SplitCommand& command : refused) {
    const Range::Applied applied = split(command);
    EXPECT_EQ(applied.results[0].outcome, Outcome::refused) << command.key;
    EXPECT_TRUE(applied.children.empty());
    EXPECT_EQ(range_->descriptor(), piece);
  }
  EXPECT_EQ(outcome(*range_, {Command::Kind::split, SourceId::none, 0, "nonsense"}), Outcome::refused);
  EXPECT_EQ(split({child_id, 4, "m"}).results[0].outcome, Outcome::done);
}

TEST_F(SplitTest, IsRefusedInTheMidstOfAChangeOfMembers) {
  Members members = whole_store().members;
  members.outgoing = {NodeId{4}};
  range_->apply_members({1, 1}, members);
  EXPECT_EQ(split({child_id, 0, "m"}).results[0].outcome, Outcome::refused);
}

TEST_F(SplitTest, OfAnEntryThatMetABrokenDiskIsTakenBack) {
  apply(*range_, {numbered(1, "put a 1")});
  flush();
  const std::string text = encode(SplitCommand{child_id, 0, "m"});
  const std::string payload = entry({{Command::Kind::split, SourceId::none, 0, text}, plain("fail")});
  EXPECT_FALSE(range_->apply({2, 1}, payload).ok());
  const FakeEngine before = engine_;
  flush();
  EXPECT_EQ(engine_.records.items, before.records.items);
  EXPECT_EQ(engine_.sources.items, before.sources.items);
}

TEST_F(SplitTest, IsRepeatedFromTheLogBehindACrash) {
  const std::string text = encode(SplitCommand{child_id, 0, "m"});
  const std::string payload =
      entry({numbered(1, "put z 1"), {Command::Kind::split, SourceId::none, 0, text}, plain("put a 1", "a")});
  const RangeRecord first = range_->apply({1, 1}, payload).value().children.at(0);
  range_ = open(new_record());
  const RangeRecord second = range_->apply({1, 1}, payload).value().children.at(0);
  EXPECT_EQ(encode(first), encode(second));
  flush();
  const std::unique_ptr<Range> child = open_child();
  EXPECT_EQ(ask(*child, "z"), "1");
  EXPECT_EQ(outcome(*child, numbered(1, "put z 2")), Outcome::duplicate);
}

}  // namespace
}  // namespace tenon::kv
