// Ranges that are split and merged while appends are open.

#include "unit/store/range_client_fixture.h"

#include <algorithm>

namespace tenon::store {
namespace {

TEST_F(RangeClientTest, AppendsGoToTheNewRangeWhenTheOldOneHasUsedTheirNumbersUp) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("a", "2");
  append("h", "3");
  EXPECT_EQ(asked_for(), "1:1#1 1:2#2 1:3#3");
  split_low();
  append("h", "4");
  append("a", "5");
  tick();
  // What is newer waits for the older one that goes there, too.
  EXPECT_EQ(asked_for(), "1:5#4");
  answer(asks[0], AnswerCode::done);
  answer(asks[1], AnswerCode::done);
  EXPECT_EQ(asked_for(), "");
  answer(asks[2], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "2:");
  EXPECT_EQ(asks.back().range, child);
  answer_row(2);
  tick();
  EXPECT_EQ(asked_for(), "2:3#3 2:4#4");
  append("h", "6");
  EXPECT_EQ(asked_for(), "2:6#5");
}

TEST_F(RangeClientTest, WhatWasAppliedBeforeTheSplitIsOverAndAnsweredAsItWasDecided) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("i", "2");
  append("h", "3");
  split_low();
  tick();
  for (std::size_t i = 0; i < 3; ++i) answer(asks[i], AnswerCode::wrong_range);
  answer_row(2, {2});
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}, {2, AnswerCode::refused}}));
  EXPECT_EQ(asks.back().text, "3");
  EXPECT_EQ(asks.back().sequence, 3u);
}

TEST_F(RangeClientTest, WhoIsToldOfNoNewRangeWaitsUntilItHears) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("h", "2");
  learn(low, "", "g", 1);  // as the answers say
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  append("h", "3");
  asked_for();
  tick(100 * ms);
  EXPECT_EQ(asked_for(), "");
  split_low();
  tick();
  EXPECT_EQ(asked_for(), "2:");
  answer_row(0);
  tick();
  EXPECT_EQ(asked_for(), "2:1#1 2:2#2 2:3#3");
}

TEST_F(RangeClientTest, QuestionsAndCommandsOfAnotherRangeAreAskedThere) {
  client.on_leader(low, node_1, now);
  submit(Request::Kind::query, "h", "q");
  submit(Request::Kind::command, "h", "c");
  asked_for();
  split_low();
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  tick(10 * ms);
  EXPECT_EQ(asked_for(), "2:q 2:c");
}

TEST_F(RangeClientTest, ARangeThatWasSplitOffIsAskedWhereNumbersBegin) {
  learn(low, "", "g", 1);
  learn(child, "g", "m", 1);
  client.on_leader(child, node_2, now);
  append("h", "1");
  append("h", "2");
  EXPECT_EQ(asked_for(), "2:");
  answer_row(7);
  tick();
  EXPECT_EQ(asked_for(), "2:1#8 2:2#9");
}

TEST_F(RangeClientTest, ANewRangeThatIsSplitBeforeItWasAskedGivesOnWhatWaits) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("k", "2");
  const RangeId grandchild{kv::split_off_bit | 11, 1};
  split_low();
  answer(asks[0], AnswerCode::wrong_range);
  learn(child, "g", "j", 2);
  learn(grandchild, "j", "m", 2);
  client.on_leader(grandchild, node_1, now);
  answer(asks[1], AnswerCode::wrong_range);
  asked_for();
  EXPECT_EQ(asks[2].range, child);
  EXPECT_EQ(asks[3].range, grandchild);
  client.on_answer(asks[2].id, {AnswerCode::done, NodeId::none, kv::encode(kv::SourceRow{1, {}}), 1, {}},
                   now);
  answer_row(1);
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asked_for(), "1:2#2");
}

TEST_F(RangeClientTest, AnAppendForManyKeysIsOneCommandForEachRange) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("abcxyz");
  append("a", "1");
  EXPECT_EQ(asked_for(), "1:abc#1 2:xyz#1 1:1#2");
  EXPECT_EQ(asks[0].key + asks[0].last_key, "ac");
  EXPECT_EQ(asks[1].key + asks[1].last_key, "xz");
}

TEST_F(RangeClientTest, AnAppendForManyKeysIsAnsweredOnceWhenAllRangesHaveAnswered) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("abx");
  answer(asks[1], AnswerCode::done);
  EXPECT_TRUE(ends.empty());
  answer(asks[0], AnswerCode::duplicate);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
  EXPECT_EQ(parts(), "2-3:0 0-2:1");
  EXPECT_EQ(client.open_count(), 0u);
  EXPECT_EQ(client.open_bytes(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysFailsWithAnyOfItsRanges) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("ax");
  answer(asks[0], AnswerCode::refused);
  answer(asks[1], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::refused}}));
}

TEST_F(RangeClientTest, AnAppendForManyKeysWhoseTimeIsUpIsAnsweredOnceAndGoesOn) {
  client.on_leader(low, node_1, now);
  append_many("ax", now + 500 * ms);
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  client.on_leader(high, node_2, now);
  asked_for();
  tick(100 * ms);
  EXPECT_EQ(asked_for(), "2:x#1");
  answer(asks[0], AnswerCode::done);
  answer(asks.back(), AnswerCode::done);
  EXPECT_EQ(ends.size(), 1u);
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysOfARangeThatWasSplitIsCutAndKeepsItsPlaceInBoth) {
  client.on_leader(low, node_1, now);
  append_many("abgh");
  append("b", "1");
  append("h", "2");
  EXPECT_EQ(asked_for(), "1:abgh#1 1:1#2 1:2#3");
  split_low();
  append("h", "3");
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::gap);
  answer(asks[2], AnswerCode::gap);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:ab#1 1:1#2 1:2#3");
  EXPECT_EQ(asks[3].key + asks[3].last_key, "ab");
  answer(asks[3], AnswerCode::done);
  answer(asks[4], AnswerCode::done);
  answer(asks[5], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "2:");
  answer_row(0);
  EXPECT_EQ(asked_for(), "2:gh#1 2:2#2 2:3#3");
  for (std::size_t i = 7; i < 10; ++i) answer(asks[i], AnswerCode::done);
  EXPECT_EQ(
      ends,
      (Ends{{2, AnswerCode::done}, {1, AnswerCode::done}, {3, AnswerCode::done}, {4, AnswerCode::done}}));
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysThatWasNotSentIsCutBeforeItIs) {
  append_many("abgh");
  append("h", "1");
  split_low();
  client.on_leader(low, node_1, now);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:ab#1 2:");
  client.on_answer(asks[1].id, {AnswerCode::done, NodeId::none, "", 9, {}}, now);
  EXPECT_EQ(asked_for(), "2:gh#1 2:1#2");
}

TEST_F(RangeClientTest, AnAppendForManyKeysThatTheOldRangeAppliedIsOver) {
  client.on_leader(low, node_1, now);
  append_many("abgh");
  split_low();
  answer(asks[0], AnswerCode::duplicate);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
  EXPECT_EQ(parts(), "0-4:1");
}

TEST_F(WithoutRanges, AnAppendForManyKeysWaitsForTheRangesThatAreNotKnown) {
  learn(low, "", "m");
  client.on_leader(low, node_1, now);
  append_many("axy");
  EXPECT_EQ(asked_for(), "1:a#1");
  learn(high, "m", "");
  client.on_leader(high, node_2, now);
  append("x", "1");
  EXPECT_EQ(asked_for(), "2:xy#1 2:1#2");
}

// What is absorbed in these tests is the range `child`, which was split off `low`.
class MergedRangeTest : public RangeClientTest {
 protected:
  MergedRangeTest() { client.on_leader(low, node_1, now); }
  void merge_low(std::uint32_t boundary_epoch = 2) { learn(low, "", "m", boundary_epoch); }
  // The newest question, which is for the row of this sender, is answered: up to `last` its numbers are used
  // up, and those of the list were passed over before the merge, which did so with `count`.
  void answer_merged_row(std::uint64_t last, const std::vector<std::uint64_t>& passed,
                         std::uint64_t count = 100) {
    kv::SourceRow row;
    for (std::uint64_t number = 1; number <= last; ++number)
      if (std::find(passed.begin(), passed.end(), number) == passed.end())
        row.use_up(number, false);
      else
        EXPECT_TRUE(row.pass_over(1).ok());
    EXPECT_TRUE(row.pass_over(count).ok());
    client.on_answer(asks.back().id, {AnswerCode::done, NodeId::none, kv::encode(row), 9, {}}, now);
  }
};

TEST_F(MergedRangeTest, WhatItDoesNotTakeUnderOldNumbersIsNumberedAnewInItsOrder) {
  append("h", "1");
  append("a", "2");
  append("h", "3");
  asked_for();
  split_low();
  merge_low();
  append("h", "4");
  EXPECT_EQ(asked_for(), "1:4#4");
  answer(asks[0], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "1:");
  answer_merged_row(2, {1});
  append("h", "5");
  EXPECT_EQ(asked_for(), "") << "what is open may be older than what has no number";
  answer(asks[1], AnswerCode::done);
  answer(asks[2], AnswerCode::wrong_range);
  answer(asks[3], AnswerCode::wrong_range);
  tick();
  EXPECT_EQ(asked_for(), "1:1#103 1:3#104 1:4#105 1:5#106");
  for (std::size_t i = 5; i < asks.size(); ++i) answer(asks[i], AnswerCode::done);
  append("h", "6");
  EXPECT_EQ(asked_for(), "1:6#107");
  EXPECT_EQ(client.open_count(), 1u);
}

TEST_F(MergedRangeTest, WhatItAppliedBeforeTheSplitIsOver) {
  append("h", "1");
  append("h", "2");
  asked_for();
  split_low();
  merge_low();
  // As the range answered while it was split: of what was applied before that, too.
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  asked_for();
  answer_merged_row(2, {2});
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asked_for(), "1:2#103");
}

TEST_F(MergedRangeTest, WhatGotItsNumberBehindOneMergeIsComparedWithTheRowBehindTheNext) {
  split_low();
  append("h", "1");
  append("h", "2");
  EXPECT_EQ(asked_for(), "2:") << "nothing was asked of this range before";
  learn(child, "g", "", 3);
  kv::SourceRow row{3, {}};
  EXPECT_TRUE(row.pass_over(100).ok());
  const auto say = [&] {
    client.on_answer(asks.back().id, {AnswerCode::done, NodeId::none, kv::encode(row), 9, {}}, now);
  };
  say();
  tick();
  EXPECT_EQ(asked_for(), "2:1#104 2:2#105");
  const Asked first = asks[1];
  const Asked second = asks[2];
  answer(first, AnswerCode::wrong_range);
  answer(second, AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "2:");
  // Of the two, it had applied the first one when it was merged once more.
  row.use_up(104, false);
  EXPECT_TRUE(row.pass_over(100).ok());
  say();
  tick();
  tick();
  if (const std::string more = asked_for(); more == "2:") say();
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asks.back().text, "2");
  EXPECT_EQ(asks.back().sequence, 205u);
}

TEST_F(MergedRangeTest, WhatNobodyKnowsIsAnsweredSo) {
  append("h", "1");
  asked_for();
  split_low();
  merge_low();
  answer(asks[0], AnswerCode::wrong_range);
  kv::SourceRow row{1, {}};
  row.be_vague();
  EXPECT_TRUE(row.pass_over(100).ok());
  client.on_answer(asks.back().id, {AnswerCode::done, NodeId::none, kv::encode(row), 9, {}}, now);
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(MergedRangeTest, ARowThatMakesNoSenseIsAskedForAgain) {
  append("h", "1");
  asked_for();
  split_low();
  merge_low();
  answer(asks[0], AnswerCode::wrong_range);
  client.on_answer(asks.back().id,
                   {AnswerCode::done, NodeId::none, kv::encode(kv::SourceRow{5, {}, "x", 9}), 9, {}}, now);
  tick();
  EXPECT_EQ(asked_for(), "1: 1:");
  answer_merged_row(1, {1});
  EXPECT_EQ(asked_for(), "1:1#102");
}

TEST_F(MergedRangeTest, WhatIsSplitOffItAgainIsComparedWithWhatThatOneHasOfIt) {
  append("h", "1");
  append("h", "2");
  asked_for();
  split_low();
  merge_low();
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "1:");
  const RangeId grandchild{kv::split_off_bit | 11, 1};
  learn(low, "", "g", 3);
  learn(grandchild, "g", "m", 3);
  client.on_leader(grandchild, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "2:");
  EXPECT_EQ(asks.back().range, grandchild);
  answer_merged_row(2, {2});
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asked_for(), "2:2#103");
}

TEST_F(MergedRangeTest, WhatItsAbsorberHasOfItIsComparedWhenItIsAbsorbedItself) {
  const RangeId lowest{9, 1};
  learn(low, "c", "m", 1);
  learn(lowest, "", "c", 1);
  append("h", "1");
  append("h", "2");
  asked_for();
  learn(low, "c", "g", 2);
  learn(child, "g", "m", 2);
  learn(low, "c", "m", 3);
  answer(asks[0], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "1:");
  client.on_leader(lowest, node_2, now);
  learn(lowest, "", "m", 4);
  ASSERT_TRUE(ranges.has_ended(low));
  tick();
  EXPECT_EQ(asks.back().range, lowest);
  EXPECT_FALSE(asks.back().text.empty()) << "of the sender in the range that is gone";
  asked_for();
  answer_merged_row(2, {2});
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asked_for(), "2:2#1");
}

TEST_F(MergedRangeTest, AnAppendForManyKeysWhoseNumberItDoesNotTakeGetsAnotherOne) {
  append_many("agh");
  asked_for();
  split_low();
  merge_low();
  answer(asks[0], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "1:");
  answer_merged_row(0, {});
  tick();
  EXPECT_EQ(asked_for(), "1:agh#101");
}

TEST_F(MergedRangeTest, AfterASecondMergeItIsAskedAnew) {
  append("h", "1");
  asked_for();
  split_low();
  merge_low();
  answer(asks[0], AnswerCode::wrong_range);
  answer_merged_row(1, {1});
  EXPECT_EQ(asked_for(), "1: 1:1#102");
  learn(low, "", "g", 3);
  learn({kv::split_off_bit | 11, 1}, "g", "m", 3);
  merge_low(4);
  answer(asks.back(), AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "1:");
  answer_merged_row(102, {1}, 300);
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  append("h", "2");
  EXPECT_EQ(asked_for(), "1:2#403");
}

}  // namespace
}  // namespace tenon::store
