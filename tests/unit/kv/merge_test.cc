#include "kv/reshape/merge.h"

#include <gtest/gtest.h>

#include "fake_engine.h"
#include "kv/range.h"
#include "kv/senders/passed_numbers.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

constexpr UnixMs start_ms = 1'700'000'000'000;
constexpr RangeId left_id{7, 1};
constexpr RangeId right_id{9, 1};
// What a merge passes over.
constexpr std::uint64_t jump = 2 * PassedNumbers::window;

// Two neighbours of one store, each with a row for the sender 5.
class MergeTest : public testing::Test, protected MergePort {
 protected:
  MergeTest() {
    Descriptor descriptor = whole_store();
    descriptor.epoch = {3, 1};
    descriptor.end = "m";
    left_ = open({left_id, descriptor, {}, 0});
    descriptor.epoch = {8, 1};
    descriptor.begin = "m";
    descriptor.end = "";
    right_ = open({right_id, descriptor, {}, 0});
  }
  bool absorb(const RangeId& left, const MergeCommand& merge) override {
    EXPECT_EQ(left, left_id);
    EXPECT_EQ(merge.right, right_id);
    if (is_there_) flush(*right_);
    return is_there_;
  }
  std::unique_ptr<Range> open(const RangeRecord& record) {
    MergePort& port = *this;
    auto range = std::make_unique<Range>(record, engine_.state, engine_.sources,
                                         std::make_unique<TextMachine>(), &port);
    EXPECT_TRUE(range->load());
    return range;
  }
  Result<Range::Applied> try_apply(Range& range, Command::Kind kind, std::string_view text,
                                   std::uint64_t sequence = 0, std::string_view key = {}) {
    EntryBuilder builder;
    builder.add({kind, sequence == 0 ? SourceId::none : SourceId{5}, sequence, text, key});
    return range.apply({range.applied().index + 1, 1}, builder.take(start_ms));
  }
  Outcome apply(Range& range, Command::Kind kind, std::string_view text, std::uint64_t sequence = 0,
                std::string_view key = {}) {
    return try_apply(range, kind, text, sequence, key).value().results[0].outcome;
  }
  Outcome append(Range& range, std::uint64_t sequence, const std::string& key) {
    return apply(range, Command::Kind::service, "log " + key + " " + std::to_string(sequence), sequence, key);
  }
  Outcome freeze(std::uint32_t epoch = 3) {
    return apply(*right_, Command::Kind::freeze, encode(FreezeCommand{{left_id, epoch}, {8, 1}}));
  }
  MergeCommand merge_command() const {
    MergeCommand merge;
    merge.expected = {3, 1};
    merge.right = right_id;
    merge.descriptor = right_->descriptor();
    merge.last_stamp_ms = start_ms + 5000;
    return merge;
  }
  Outcome merge() { return apply(*left_, Command::Kind::merge, encode(merge_command())); }
  Outcome call_off(std::uint32_t epoch = 3) {
    return apply(*left_, Command::Kind::call_off, encode(CallOffCommand{right_id, epoch}));
  }
  void flush(Range& range) {
    engine_.write(range.begin_flush());
    range.end_flush();
  }
  std::string ask(const Range& range, std::string_view question) {
    std::string reply;
    EXPECT_TRUE(range.query(start_ms, question, reply));
    return reply;
  }

  FakeEngine engine_;
  bool is_there_ = true;
  std::unique_ptr<Range> left_;
  std::unique_ptr<Range> right_;
};

TEST_F(MergeTest, AFrozenRangeTakesNothingAndUsesNoNumberUp) {
  EXPECT_EQ(append(*right_, 1, "z"), Outcome::done);
  ASSERT_EQ(freeze(), Outcome::done);
  EXPECT_EQ(append(*right_, 2, "z"), Outcome::frozen);
  EXPECT_EQ(right_->source(SourceId{5}).value().last, 1u);
  EXPECT_EQ(ask(*right_, "z"), ",1");
  EXPECT_EQ(freeze(4), Outcome::refused);
}

TEST_F(MergeTest, AFreezeForAnotherEpochIsRefused) {
  EXPECT_EQ(apply(*right_, Command::Kind::freeze, encode(FreezeCommand{{left_id, 3}, {7, 1}})),
            Outcome::refused);
  EXPECT_EQ(apply(*right_, Command::Kind::freeze, encode(FreezeCommand{{left_id, 3}, {8, 2}})),
            Outcome::refused);
  EXPECT_FALSE(right_->is_frozen());
}

TEST_F(MergeTest, ThawEndsItsOwnFreezeOnlyAndForGood) {
  ASSERT_EQ(freeze(), Outcome::done);
  EXPECT_EQ(apply(*right_, Command::Kind::thaw, encode(Frozen{left_id, 2})), Outcome::refused);
  EXPECT_EQ(apply(*right_, Command::Kind::thaw, encode(Frozen{left_id, 3})), Outcome::done);
  EXPECT_EQ(append(*right_, 1, "z"), Outcome::done);
  EXPECT_EQ(freeze(), Outcome::refused) << "the same freeze, which came late";
}

TEST_F(MergeTest, TheLeftRangeHasAllThatTheRightOneHad) {
  append(*left_, 1, "a");
  append(*right_, 1, "z");
  append(*right_, 2, "z");
  flush(*right_);
  ASSERT_EQ(freeze(), Outcome::done);
  ASSERT_EQ(merge(), Outcome::done);
  EXPECT_EQ(ask(*left_, "a"), ",1");
  EXPECT_EQ(ask(*left_, "z"), ",1,2");
  EXPECT_EQ(left_->descriptor().end, "");
  EXPECT_EQ(left_->descriptor().epoch, (Epoch{9, 2}));
  EXPECT_EQ(left_->source(SourceId{5}).value().last, 1 + jump);
  EXPECT_EQ(left_->former_source(SourceId{5}, right_id).value().last, 2u);
  EXPECT_EQ(left_->former_source(SourceId{6}, right_id).value().last, 0u);
  EXPECT_EQ(left_->former_source(SourceId{5}, {10, 1}).error().code, Errc::not_found);
  EXPECT_EQ(left_->record().last_stamp_ms, start_ms + 5000);
  EXPECT_EQ(append(*left_, 2 + jump, "z"), Outcome::done);
  EXPECT_EQ(ask(*left_, "z"), ",1,2,131202");
}

// As a key that was split off comes back.
class ComeBackTest : public MergeTest {
 protected:
  ComeBackTest() {
    left_ = open({left_id, whole_store(), {}, 0});
    append(*left_, 1, "z");
    append(*left_, 2, "a");
  }
  void split(Command::Kind kind = Command::Kind::split_keeping) {
    const std::string text = encode(SplitCommand{right_id, 0, "m"});
    const auto applied = try_apply(*left_, kind, text).value();
    flush(*left_);
    right_ = open(applied.children.at(0));
  }
  void come_back() {
    ASSERT_EQ(apply(*right_, Command::Kind::freeze, encode(FreezeCommand{{left_id, 1}, {1, 0}})),
              Outcome::done);
    MergeCommand merge = merge_command();
    merge.expected = {1, 0};
    ASSERT_EQ(apply(*left_, Command::Kind::merge, encode(merge)), Outcome::done);
  }
};

TEST_F(ComeBackTest, WhatWasPassedOverIsNeverTakenForApplied) {
  split();
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 4, "a"), Outcome::done);
  come_back();
  EXPECT_EQ(append(*left_, 1, "z"), Outcome::duplicate);
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 4, "a"), Outcome::duplicate);
  EXPECT_EQ(ask(*left_, "z"), ",1");
}

TEST_F(ComeBackTest, WhatWasNumberedBeforeIsAppliedUnderNoNumberOfThen) {
  split();
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  come_back();
  // It may be of a key of what was passed over: that is the first to come.
  EXPECT_EQ(append(*left_, 4, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 3 + PassedNumbers::window, "a"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 3 + jump, "a"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 4 + jump, "z"), Outcome::done);
  EXPECT_EQ(append(*left_, 4 + jump, "z"), Outcome::duplicate);
}

TEST_F(ComeBackTest, WhatIsSplitOffAgainKnowsWhatWasPassedOver) {
  split();
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  come_back();
  const std::string text = encode(SplitCommand{{11, 1}, 2, "p"});
  const auto applied = try_apply(*left_, Command::Kind::split_keeping, text).value();
  flush(*left_);
  const auto child = open(applied.children.at(0));
  const SourceRow row = child->source(SourceId{5}).value();
  EXPECT_EQ(row.fate_of(1).value(), SourceRow::Fate::applied);
  EXPECT_EQ(row.fate_of(3).value(), SourceRow::Fate::passed);
}

TEST_F(ComeBackTest, WhatAnOlderVersionDidNotKeepNobodyKnows) {
  split(Command::Kind::split);
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 1, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 2, "a"), Outcome::duplicate);
  come_back();
  EXPECT_EQ(append(*left_, 1, "z"), Outcome::unknown);
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::unknown);
  EXPECT_EQ(append(*left_, 4, "z"), Outcome::wrong_range);
  EXPECT_EQ(left_->source(SourceId{5}).value().fate_of(3).value(), SourceRow::Fate::unknown);
}

TEST_F(ComeBackTest, WithoutAMergeWhatWasPassedOverIsKnownByItsKey) {
  split(Command::Kind::split);
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  const std::string text = encode(SplitCommand{{11, 1}, 1, "c"});
  ASSERT_TRUE(try_apply(*left_, Command::Kind::split_keeping, text).ok());
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  EXPECT_EQ(append(*left_, 2, "a"), Outcome::duplicate);
  EXPECT_EQ(left_->source(SourceId{5}).value().fate_of(2).value(), SourceRow::Fate::applied);
}

TEST_F(ComeBackTest, ASplitOfAnOlderVersionLeavesRowsAndRecordAsThatVersionDid) {
  split(Command::Kind::split);
  EXPECT_EQ(append(*left_, 3, "z"), Outcome::wrong_range);
  EXPECT_EQ(encode(left_->source(SourceId{5}).value()), encode(SourceRow{3, {}}));
  EXPECT_EQ(encode(left_->record())[0], 1);
}

TEST_F(MergeTest, WhatIsCalledOffIsNotAbsorbedAnyMore) {
  ASSERT_EQ(freeze(), Outcome::done);
  ASSERT_EQ(call_off(), Outcome::done);
  EXPECT_EQ(merge(), Outcome::refused);
  EXPECT_TRUE(left_->record().merges.has_called_off(right_id, 3));
  EXPECT_EQ(left_->descriptor().epoch.boundary, 4u);
  EXPECT_EQ(call_off(), Outcome::refused);
}

TEST_F(MergeTest, WhatIsAbsorbedIsNotCalledOffAnyMore) {
  ASSERT_EQ(freeze(), Outcome::done);
  ASSERT_EQ(merge(), Outcome::done);
  EXPECT_EQ(call_off(), Outcome::refused);
  EXPECT_EQ(merge(), Outcome::refused);
  EXPECT_TRUE(left_->record().merges.has_absorbed(right_id));
}

TEST_F(MergeTest, OfAnEpochThatMayBeForgottenNothingIsCalledOff) {
  for (std::uint32_t i = 0; i <= MergeNotes::count_max; ++i)
    EXPECT_EQ(apply(*left_, Command::Kind::call_off, encode(CallOffCommand{{100 + i, 1}, 3 + i})),
              Outcome::done);
  EXPECT_EQ(left_->record().merges.notes.size(), MergeNotes::count_max);
  EXPECT_EQ(call_off(3), Outcome::refused);
  EXPECT_EQ(call_off(4), Outcome::done);
}

TEST_F(MergeTest, WithOtherMembersOrNoNeighbourIsRefused) {
  ASSERT_EQ(freeze(), Outcome::done);
  MergeCommand merge = merge_command();
  merge.descriptor.members.voters.pop_back();
  EXPECT_EQ(apply(*left_, Command::Kind::merge, encode(merge)), Outcome::refused);
  merge = merge_command();
  merge.descriptor.begin = "n";
  EXPECT_EQ(apply(*left_, Command::Kind::merge, encode(merge)), Outcome::refused);
  merge = merge_command();
  merge.expected.members = 2;
  EXPECT_EQ(apply(*left_, Command::Kind::merge, encode(merge)), Outcome::refused);
  EXPECT_EQ(left_->descriptor().end, "m");
}

TEST_F(MergeTest, WithoutTheFrozenReplicaThisOneCantGoOn) {
  is_there_ = false;
  EXPECT_FALSE(try_apply(*left_, Command::Kind::merge, encode(merge_command())));
  EXPECT_EQ(left_->descriptor().end, "m");
  EXPECT_FALSE(left_->record().merges.has_absorbed(right_id));
}

TEST_F(MergeTest, WhatWasSplitOffKnowsWhatTheRightRangeKnew) {
  append(*right_, 1, "z");
  flush(*right_);
  ASSERT_EQ(freeze(), Outcome::done);
  ASSERT_EQ(merge(), Outcome::done);
  const std::string split = encode(SplitCommand{{11, 1}, 9, "p"});
  const auto applied = try_apply(*left_, Command::Kind::split, split).value();
  ASSERT_EQ(applied.children.size(), 1u);
  const auto child = open(applied.children[0]);
  flush(*left_);
  EXPECT_EQ(child->former_source(SourceId{5}, right_id).value().last, 1u);
}

TEST_F(MergeTest, TheRecordSaysSoAndOneWithoutMergesIsAsBefore) {
  const std::string before = encode(left_->record());
  EXPECT_EQ(before[0], 1);
  ASSERT_EQ(freeze(), Outcome::done);
  ASSERT_EQ(merge(), Outcome::done);
  for (const Range* range : {left_.get(), right_.get()}) {
    const std::string bytes = encode(range->record());
    EXPECT_EQ(bytes[0], 3);
    EXPECT_TRUE(decode_range_record(bytes).value().keeps_passed);
    const RangeRecord read = decode_range_record(bytes).value();
    EXPECT_EQ(read.frozen, range->record().frozen);
    EXPECT_EQ(read.merges, range->record().merges);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode_range_record(bytes.substr(0, size))) << size;
  }
}

TEST(MergeCommands, CutOffAnywhereTheyAreInvalid) {
  MergeCommand merge;
  merge.right = right_id;
  merge.descriptor = whole_store();
  merge.absorbed = {{3, 1}, {4, 1}};
  EXPECT_EQ(decode_merge(encode(merge)).value(), merge);
  const FreezeCommand freeze{{left_id, 3}, {8, 1}};
  EXPECT_EQ(decode_freeze(encode(freeze)).value(), freeze);
  const CallOffCommand call_off{right_id, 3};
  EXPECT_EQ(decode_call_off(encode(call_off)).value(), call_off);
  const std::string text = encode(merge);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_merge(text.substr(0, size))) << size;
  for (std::size_t size = 0; size < encode(freeze).size(); ++size)
    EXPECT_FALSE(decode_freeze(encode(freeze).substr(0, size))) << size;
  for (std::size_t size = 0; size < encode(call_off).size(); ++size)
    EXPECT_FALSE(decode_call_off(encode(call_off).substr(0, size))) << size;
}

}  // namespace
}  // namespace tenon::kv
