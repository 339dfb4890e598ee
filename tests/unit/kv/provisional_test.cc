#include <gtest/gtest.h>

#include <algorithm>

#include "fake_engine.h"
#include "kv/range.h"
#include "kv/range_table.h"
#include "kv/reshape/recovery.h"
#include "kv/senders/passed_numbers.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

using Update = RangeTable::Update;

constexpr UnixMs start_ms = 1'700'000'000'000;
constexpr NodeId survivor{3};
constexpr RangeId former_id{7, 1};
constexpr RangeId provisional_id{7, 500};
constexpr std::uint32_t provisional_epoch = 0x18000;

TEST(Provisional, BeginsInTheMidstOfItsEra) {
  EXPECT_EQ(provisional_boundary(0), provisional_epoch);
  EXPECT_EQ(provisional_boundary(4711), provisional_epoch);
  EXPECT_EQ(provisional_boundary(provisional_epoch), 0x28000u);
  EXPECT_EQ(recovered_boundary(provisional_epoch), 0x20000u);
  EXPECT_TRUE(is_provisional(provisional_id, {provisional_epoch, 4}));
  EXPECT_FALSE(is_provisional(provisional_id, {0x10000, 4}));
  // One that was never recovered, however often it was split.
  EXPECT_FALSE(is_provisional(former_id, {provisional_epoch, 4}));
  EXPECT_FALSE(is_provisional(provisional_id, {provisional_half, 4}));
}

TEST(Provisional, CoversWhatALogHasThatEndsBeforeIt) {
  const ProvisionalBase base{1, {10, 4}, {}};
  EXPECT_TRUE(base.covers({10, 4}));
  EXPECT_TRUE(base.covers({9, 4}));
  // Of an earlier term, what was committed is in it, and the rest never was.
  EXPECT_TRUE(base.covers({20, 3}));
  EXPECT_FALSE(base.covers({11, 4}));
  EXPECT_FALSE(base.covers({5, 5}));
}

TEST(Provisional, ItsCommandsAreReadAsTheyWereWritten) {
  const ConfirmCommand confirm{provisional_epoch};
  EXPECT_EQ(decode_confirm(encode(confirm)).value(), confirm);
  EXPECT_EQ(decode_confirm("").error().code, Errc::invalid);
  const OutliveCommand outlive{provisional_id, provisional_epoch};
  EXPECT_EQ(decode_outlive(encode(outlive)).value(), outlive);
  // Only of one that is provisional.
  EXPECT_EQ(decode_outlive(encode(OutliveCommand{provisional_id, 0x10000})).error().code, Errc::invalid);
  EXPECT_EQ(decode_outlive(encode(OutliveCommand{former_id, provisional_epoch})).error().code, Errc::invalid);
}

// What is passed over of each sender's numbers.
constexpr std::uint64_t jump = 2 * PassedNumbers::window;

class ProvisionalRange : public testing::Test {
 protected:
  ProvisionalRange() : former_(open({former_id, whole_store(), {}, 0})) {}

  std::unique_ptr<Range> open(const RangeRecord& record) {
    auto range =
        std::make_unique<Range>(record, engine_.state, engine_.sources, std::make_unique<TextMachine>());
    EXPECT_TRUE(range->load());
    return range;
  }
  Outcome apply(Range& range, Command::Kind kind, const std::string& text, std::uint64_t sequence = 0,
                const std::string& key = {}) {
    EntryBuilder builder;
    builder.add({kind, sequence == 0 ? SourceId::none : SourceId{5}, sequence, text, key});
    const auto applied = range.apply({range.applied().index + 1, 2}, builder.take(start_ms));
    is_reshaped_ = applied->is_reshaped;
    return applied->results[0].outcome;
  }
  Outcome append(Range& range, std::uint64_t sequence, const std::string& key) {
    return apply(range, Command::Kind::service, "put " + key + " 1", sequence, key);
  }
  void flush(Range& range) {
    engine_.write(range.begin_flush());
    range.end_flush();
  }
  // The former one goes on so, without the nodes 1 and 2.
  RangeRecord go_on(Range& former) {
    const Recovery recovery{500, 9, 0, {}, true, {NodeId{1}, NodeId{2}}};
    const RangeRecord next = former.go_on_as(recovery, survivor).value();
    flush(former);
    return decode_range_record(encode(next)).value();
  }
  Outcome confirm(Range& range, std::uint32_t boundary = provisional_epoch) {
    return apply(range, Command::Kind::confirm, encode(ConfirmCommand{boundary}));
  }
  Outcome outlive(Range& range, std::uint32_t boundary = provisional_epoch) {
    return apply(range, Command::Kind::outlive, encode(OutliveCommand{provisional_id, boundary}));
  }

  FakeEngine engine_;
  std::unique_ptr<Range> former_;
  bool is_reshaped_ = false;
};

TEST_F(ProvisionalRange, KnowsWhereTheFormerOneEndedAndWhoWasMissing) {
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::done);
  const RangeRecord record = go_on(*former_);
  EXPECT_EQ(record.id, provisional_id);
  EXPECT_EQ(record.descriptor.epoch.boundary, provisional_epoch);
  EXPECT_EQ(record.base, (ProvisionalBase{1, {1, 2}, {NodeId{1}, NodeId{2}}}));
  const auto range = open(record);
  EXPECT_TRUE(range->is_provisional());
  EXPECT_EQ(content_of(range->state()), (Items{{"a", "1"}}));
}

TEST_F(ProvisionalRange, ComparesNumbersWithTheFormerOneWithoutSayingThatItIsOver) {
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::done);
  const auto range = open(go_on(*former_));
  EXPECT_EQ(append(*range, 2, "b"), Outcome::done);
  EXPECT_EQ(range->former_source(SourceId{5}, former_id)->last, 1u);
  // Else what was to be part of the former one would be thawed, and the former one be deleted, by who asks
  // here what became of it.
  EXPECT_FALSE(range->record().merges.has_absorbed(former_id));
}

TEST_F(ProvisionalRange, IsNeitherSplitNorMerged) {
  const auto range = open(go_on(*former_));
  EXPECT_EQ(apply(*range, Command::Kind::split, encode(SplitCommand{{9, 1}, provisional_epoch, "m"})),
            Outcome::refused);
  EXPECT_EQ(
      apply(*range, Command::Kind::freeze, encode(FreezeCommand{{{9, 1}, 3}, range->descriptor().epoch})),
      Outcome::refused);
  MergeCommand merge;
  merge.expected = range->descriptor().epoch;
  merge.right = {9, 1};
  merge.descriptor = whole_store();
  EXPECT_EQ(apply(*range, Command::Kind::merge, encode(merge)), Outcome::refused);
  // What asks for a merge with it is told, and the epoch stays what it is.
  EXPECT_EQ(apply(*range, Command::Kind::call_off, encode(CallOffCommand{{9, 1}, provisional_epoch})),
            Outcome::done);
  EXPECT_EQ(range->descriptor().epoch.boundary, provisional_epoch);
}

TEST_F(ProvisionalRange, IsAsIfItHadBeenRecoveredByForceOnceItIsConfirmed) {
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::done);
  auto range = open(go_on(*former_));
  EXPECT_EQ(confirm(*range, 0x20000), Outcome::refused);
  EXPECT_EQ(confirm(*range), Outcome::done);
  EXPECT_TRUE(is_reshaped_);
  EXPECT_EQ(confirm(*range), Outcome::refused);
  EXPECT_FALSE(range->is_provisional());
  EXPECT_EQ(range->descriptor().epoch.boundary, 0x20000u);
  EXPECT_TRUE(range->record().merges.has_absorbed(former_id));
  EXPECT_EQ(range->former_source(SourceId{5}, former_id)->last, 1u);
  EXPECT_EQ(encode(range->record())[0], 3);
  EXPECT_EQ(apply(*range, Command::Kind::split, encode(SplitCommand{{9, 1}, 0x20000, "m"})), Outcome::done);
  EXPECT_EQ(confirm(*former_), Outcome::refused);
}

TEST_F(ProvisionalRange, ThatLosesItsMajorityIsRecoveredByForce) {
  auto range = open(go_on(*former_));
  const RangeRecord next = range->go_on_as({900, 12, 0, {}}, survivor).value();
  EXPECT_FALSE(next.base);
  EXPECT_EQ(next.descriptor.epoch.boundary, 0x20000u);
  EXPECT_TRUE(next.merges.has_absorbed(former_id));
  EXPECT_TRUE(next.merges.has_absorbed(provisional_id));
}

TEST_F(ProvisionalRange, IsOutlivedByTheFormerOneInTheNextEra) {
  EXPECT_EQ(outlive(*former_), Outcome::done);
  EXPECT_TRUE(is_reshaped_);
  EXPECT_EQ(former_->descriptor().epoch.boundary, 0x20000u);
  // Again: it is done.
  EXPECT_EQ(outlive(*former_), Outcome::refused);
  EXPECT_EQ(former_->descriptor().epoch.boundary, 0x20000u);
  // What was planned before is refused.
  EXPECT_EQ(apply(*former_, Command::Kind::split, encode(SplitCommand{{9, 1}, 0, "m"})), Outcome::refused);
  // It is readable by versions that know of no provisional ranges.
  EXPECT_EQ(encode(former_->record())[0], 3);
}

TEST_F(ProvisionalRange, OfWhatItWasSentNothingWasAppliedToWhoOutlivesIt) {
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::done);
  const auto range = open(go_on(*former_));
  EXPECT_EQ(append(*range, 2, "b"), Outcome::done);
  EXPECT_EQ(append(*former_, 2, "c"), Outcome::done);
  EXPECT_EQ(outlive(*former_), Outcome::done);
  EXPECT_EQ(former_->former_source(SourceId{5}, provisional_id)->last, 0u);
}

TEST_F(ProvisionalRange, WhatWasUnderWayToWhoOutlivesItIsNotTakenForWhatComesLater) {
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::done);
  EXPECT_EQ(outlive(*former_), Outcome::done);
  // It was sent before its sender went by the provisional one, where it got another number.
  EXPECT_EQ(append(*former_, 2, "b"), Outcome::wrong_range);
  const SourceRow row = former_->source(SourceId{5}).value();
  EXPECT_EQ(row.fate_of(1).value(), SourceRow::Fate::applied);
  EXPECT_EQ(row.fate_of(2).value(), SourceRow::Fate::passed);
  EXPECT_EQ(append(*former_, row.last + 1, "c"), Outcome::done);
  EXPECT_EQ(content_of(former_->state()), (Items{{"a", "1"}, {"c", "1"}}));
}

TEST_F(ProvisionalRange, IsNotOutlivedByOneThatWaitsForItsNeighbour) {
  const FreezeCommand freeze{{{5, 1}, 3}, former_->descriptor().epoch};
  EXPECT_EQ(apply(*former_, Command::Kind::freeze, encode(freeze)), Outcome::done);
  EXPECT_EQ(outlive(*former_), Outcome::refused);
  EXPECT_EQ(apply(*former_, Command::Kind::thaw, encode(freeze.frozen)), Outcome::done);
  EXPECT_EQ(outlive(*former_), Outcome::done);
}

TEST_F(ProvisionalRange, OutlivesAnotherOneOfItsEraAndStaysProvisional) {
  auto range = open(go_on(*former_));
  EXPECT_EQ(outlive(*range), Outcome::refused);  // itself
  EXPECT_EQ(apply(*range, Command::Kind::outlive, encode(OutliveCommand{{7, 600}, provisional_epoch})),
            Outcome::done);
  EXPECT_TRUE(range->is_provisional());
  EXPECT_TRUE(is_provisional(range->id(), range->descriptor().epoch));
  EXPECT_EQ(era_of(range->descriptor().epoch), 2u);
}

TEST_F(ProvisionalRange, WhatOutlivesItAndCrashesIsAsItWas) {
  flush(*former_);
  EXPECT_EQ(outlive(*former_), Outcome::done);
  flush(*former_);
  const auto again = open(decode_range_record(encode(former_->record())).value());
  EXPECT_EQ(again->descriptor(), former_->descriptor());
  EXPECT_TRUE(again->record().merges.has_absorbed(provisional_id));
}

TEST_F(ProvisionalRange, NorIsWhatIsUnderWayOfASenderThatWasNotKnownYet) {
  EXPECT_EQ(outlive(*former_), Outcome::done);
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::wrong_range);
  EXPECT_EQ(former_->source(SourceId{5})->last, jump);
  EXPECT_EQ(append(*former_, jump + 1, "b"), Outcome::done);
  EXPECT_EQ(append(*former_, jump + 1, "b"), Outcome::duplicate);
  EXPECT_EQ(append(*former_, 1, "a"), Outcome::wrong_range);
  EXPECT_EQ(content_of(former_->state()), (Items{{"b", "1"}}));
}

// The majority has split the range, and each half outlives what holds the keys of both.
TEST_F(ProvisionalRange, IsOutlivedByAPartOfTheFormerOneThatItNeverKnew) {
  Descriptor descriptor = whole_store();
  descriptor.begin = "m";
  descriptor.epoch.boundary = 1;
  const auto child = open({{1000, 1}, descriptor, {1, 1}, 0});
  EXPECT_EQ(outlive(*child), Outcome::done);
  EXPECT_EQ(child->descriptor().epoch.boundary, 0x20000u);
  EXPECT_EQ(append(*child, 1, "x"), Outcome::wrong_range);
  EXPECT_EQ(child->former_source(SourceId{5}, provisional_id)->last, 0u);
}

Descriptor piece(std::string begin, std::string end, std::uint32_t boundary) {
  Descriptor descriptor = whole_store();
  descriptor.begin = std::move(begin);
  descriptor.end = std::move(end);
  descriptor.epoch.boundary = boundary;
  return descriptor;
}

TEST(ProvisionalRanges, AreOverOnceTheFormerOneIsInALaterEraInWhateverOrderThatIsHeard) {
  const std::vector<std::pair<RangeId, Descriptor>> words = {
      {former_id, piece("", "", 4)},
      {provisional_id, piece("", "", provisional_epoch)},
      {former_id, piece("", "", 0x20000)},
  };
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    SCOPED_TRACE(testing::PrintToString(order));
    RangeTable table(StoreId::inbox);
    for (const std::size_t place : order) table.update(words[place].first, words[place].second);
    EXPECT_EQ(table.find("a")->id, former_id);
    EXPECT_FALSE(table.is_superseded(former_id));
    EXPECT_TRUE(table.is_superseded(provisional_id));
    EXPECT_EQ(table.find(provisional_id), nullptr);
    EXPECT_EQ(table.size(), 1u);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ProvisionalRanges, TakeThePlaceOfTheFormerOneUntilThen) {
  RangeTable table(StoreId::inbox);
  table.update(former_id, piece("", "", 4));
  EXPECT_EQ(table.update(provisional_id, piece("", "", provisional_epoch)), Update::taken);
  EXPECT_TRUE(table.is_superseded(former_id));
  EXPECT_EQ(table.update(former_id, piece("", "", 5)), Update::older);
  // Of another one of the same era, the later counts.
  EXPECT_EQ(table.update({7, 400}, piece("", "", provisional_epoch)), Update::older);
  EXPECT_TRUE(table.is_superseded({7, 400}));
  EXPECT_EQ(table.update({7, 600}, piece("", "", provisional_epoch)), Update::taken);
  EXPECT_TRUE(table.is_superseded(provisional_id));
}

TEST(ProvisionalRanges, AConfirmedOneWinsOverTheFormerOneOfTheSameEra) {
  for (const bool confirmed_first : {false, true}) {
    RangeTable table(StoreId::inbox);
    table.update(provisional_id, piece("", "", provisional_epoch));
    if (confirmed_first) table.update(provisional_id, piece("", "", 0x20000));
    table.update(former_id, piece("", "", 0x20000));
    if (!confirmed_first) table.update(provisional_id, piece("", "", 0x20000));
    EXPECT_EQ(table.find("a")->id, provisional_id);
    EXPECT_TRUE(table.is_superseded(former_id));
  }
}

// The majority has split the range meanwhile, and only one half has heard of the provisional one yet.
TEST(ProvisionalRanges, WhatOneSeemedToHaveAbsorbedIsThereAgainWhenItIsOver) {
  const RangeId child{1000, 1};
  for (const bool by_child : {false, true}) {
    RangeTable table(StoreId::inbox);
    table.update(former_id, piece("", "m", 5));
    table.update(child, piece("m", "", 5));
    table.update(provisional_id, piece("", "", provisional_epoch));
    EXPECT_TRUE(table.is_retired(child));
    if (by_child)
      table.update(child, piece("m", "", 0x20000));
    else
      table.update(former_id, piece("", "m", 0x20000));
    EXPECT_EQ(table.find("z")->id, child);
    EXPECT_FALSE(table.is_retired(child));
    EXPECT_EQ(table.find("a")->id, by_child ? provisional_id : former_id);
    EXPECT_TRUE(table.gaps().empty());
  }
}

TEST(ProvisionalRanges, WhatWasAbsorbedBeforeStaysSo) {
  const RangeId right{1000, 1};
  RangeTable table(StoreId::inbox);
  table.update(right, piece("m", "", 3));
  table.update(former_id, piece("", "", 5));
  ASSERT_TRUE(table.is_retired(right));
  table.update(provisional_id, piece("", "", provisional_epoch));
  table.update(former_id, piece("", "", 0x20000));
  EXPECT_TRUE(table.is_retired(right));
  EXPECT_EQ(table.find("z")->id, former_id);
}

}  // namespace
}  // namespace tenon::kv
