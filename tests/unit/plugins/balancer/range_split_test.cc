#include <algorithm>

#include "range-split/cold_pairs.h"
#include "range-split/rule.h"

#include "rule_fixture.h"

namespace tenon::range_split {
namespace {

using test::Lines;
using test::MadeView;
using test::Planned;

Planned run(MadeView& made, const Options& options = {}, std::string_view memo = {}) {
  return test::planned([memo](const auto& view, const Options& given) { return plan(view, given, memo); },
                       made.done(), options);
}
// What two ranges have to show that have been cold for so long.
std::string cold_for(std::uint64_t left, std::uint64_t right, std::int64_t seconds) {
  ColdPairs pairs({});
  pairs.since(left, right, MadeView::now_ms - 1000 * seconds);
  return pairs.memo();
}

TEST(RangeSplit, AHotRangeIsCutWhereItsLoadHalves) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2, 3}, 1).commands_per_s = 20'100;
  auto& named = made.range(8, {1, 2, 3}, 1);
  named.bytes_per_s = 64u << 20;
  named.load_key = "00000001m";
  made.range(9, {1, 2, 3}, 1).commands_per_s = 20'000;
  EXPECT_EQ(run(made).commands, (Lines{"8 split by load at 00000001m", "7 split by load"}));
}

TEST(RangeSplit, ALargeRangeIsCutInItsMiddle) {
  MadeView made;
  made.nodes({1});
  made.range(7, {1}, 1).size_bytes = 600ull << 20;
  made.range(8, {1}, 1).size_bytes = 512ull << 20;
  made.range(9, {1}, 1);  // nobody has told
  EXPECT_EQ(run(made).commands, (Lines{"7 split in half"}));
}

TEST(RangeSplit, ALargeRangeThatIsHotIsCutInItsMiddle) {
  MadeView made;
  made.nodes({1});
  auto& range = made.range(7, {1}, 1);
  range.size_bytes = 600ull << 20;
  range.commands_per_s = 30'000;
  EXPECT_EQ(run(made).commands, (Lines{"7 split in half"})) << "all of its load may be at one key";
}

TEST(RangeSplit, AHotRangeWithAFilterOfManyKeysHasThatCutOffFirst) {
  MadeView made;
  made.nodes({1});
  auto& range = made.range(7, {1}, 1);
  range.commands_per_s = 30'000;
  range.fanout_count = 100'001;
  range.fanout_key = "0f";
  EXPECT_EQ(run(made).commands, (Lines{"7 split in half at 0f"}));
}

TEST(RangeSplit, AFilterThatHasManyKeysIsCutOff) {
  MadeView made;
  made.nodes({1});
  auto& range = made.range(7, {1}, 1);
  range.fanout_count = 100'001;
  range.fanout_key = "0f";
  EXPECT_EQ(run(made).commands, (Lines{"7 split in half at 0f"}));
}

TEST(RangeSplit, WhereAFilterCanNotBeCutOffTheSizeDecides) {
  MadeView made;
  made.nodes({1});
  auto& alone = made.range(7, {1}, 1);
  alone.fanout_count = 200'000;
  alone.size_bytes = 600ull << 20;
  auto& at_edge = made.range(8, {1}, 1);
  at_edge.fanout_count = 200'000;
  at_edge.fanout_key = MadeView::key(1);
  at_edge.size_bytes = 700ull << 20;
  EXPECT_EQ(run(made).commands, (Lines{"8 split in half", "7 split in half"}));
}

TEST(RangeSplit, AKeyThatIsNotInsideIsNotUsed) {
  MadeView made;
  made.nodes({1});
  auto& range = made.range(7, {1}, 1);
  range.commands_per_s = 30'000;
  range.load_key = "x";
  made.range(8, {1}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 split by load"}));
}

TEST(RangeSplit, AStoreHasNoMoreRangesThanItsNodesHaveCoresFor) {
  MadeView small;
  small.node(1).cores = 1;
  for (std::uint64_t id = 1; id <= 8; ++id) small.range(id, {1}, 1).commands_per_s = 30'000;
  const Planned planned = run(small);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason, "8 ranges of at most 8: 8 too large or too hot, and there are as many as may be");
  MadeView large;
  large.node(1).cores = 64;
  for (std::uint64_t id = 1; id <= 8; ++id) large.range(id, {1}, 1).commands_per_s = 30'000;
  EXPECT_EQ(run(large).commands.size(), 2u);
}

TEST(RangeSplit, RangesThatAreBusyOrHaveNoLeaderAreLeftAlone) {
  MadeView made;
  made.nodes({1});
  made.range(7, {1}, 1).commands_per_s = 30'000;
  made.range(8, {1}, 0).commands_per_s = 30'000;
  auto& busy = made.range(9, {1}, 1);
  busy.commands_per_s = 30'000;
  busy.is_busy = true;
  EXPECT_EQ(run(made).commands, (Lines{"7 split by load"}));
}

TEST(RangeSplit, RangesThatAreProvisionalTakeNoPlaceOfAPlan) {
  MadeView made;
  made.nodes({1});
  for (const std::uint64_t id : {7, 8, 9}) made.range(id, {1}, 1).commands_per_s = 40'000 - 1'000 * id;
  for (auto& range : made.done().ranges) range.is_provisional = range.id != 9;
  EXPECT_EQ(run(made).commands, (Lines{"9 split by load"}));
}

MadeView cold() {
  MadeView made;
  made.nodes({1, 2});
  for (const std::uint64_t id : {7, 8, 9}) made.range(id, {1, 2}, 1).size_bytes = 10u << 20;
  return made;
}

Options joining() {
  Options options;
  options.merge = true;
  return options;
}

TEST(RangeSplit, NeighboursThatHaveBeenColdForLongAreJoinedWhereThatIsSwitchedOn) {
  MadeView made = cold();
  const std::string memo = cold_for(7, 8, 600) + cold_for(8, 9, 600);
  EXPECT_EQ(run(made, {}, memo).commands, Lines{});
  EXPECT_EQ(run(made, joining(), memo).commands, (Lines{"7 merge 8"}));
}

TEST(RangeSplit, NeighboursThatHaveJustBecomeColdAreWaitedFor) {
  MadeView made = cold();
  const Planned fresh = run(made, joining());
  EXPECT_EQ(fresh.commands, Lines{});
  EXPECT_EQ(fresh.await_ms, 600'000);
  const Planned later = run(made, joining(), cold_for(7, 8, 599));
  EXPECT_EQ(later.commands, Lines{});
  EXPECT_EQ(later.await_ms, 1'000);
}

TEST(RangeSplit, WhatWasWarmMeanwhileBeginsAnew) {
  MadeView made = cold();
  for (const std::uint64_t id : {10, 11}) {
    auto& range = made.range(id, {1, 2}, 1);
    range.size_bytes = 1;
    range.commands_per_s = id == 10 ? 1'000 : 1'001;
  }
  Options options = joining();
  const auto memo_of = [&](std::string_view memo) {
    std::string next;
    test::planned(
        [&](const auto& view, const Options& given) {
          auto planned = plan(view, given, memo);
          next = planned.memo;
          return planned;
        },
        made.done(), options);
    return next;
  };
  const std::string next = memo_of(cold_for(9, 10, 60) + cold_for(10, 11, 60) + cold_for(1, 2, 60));
  EXPECT_EQ(next, "7 8 3600000\n8 9 3600000\n9 10 3540000\n");
}

TEST(RangeSplit, AMemoThatMakesNoSenseIsNone) {
  MadeView made = cold();
  for (const char* memo : {"?", "7", "7 8", "7 8 0", "7 8 x\n", "7  8 0\n"})
    EXPECT_EQ(run(made, joining(), memo).commands, Lines{}) << memo;
  EXPECT_EQ(run(made, joining(), "7 8 0\n?").commands, (Lines{"7 merge 8"}));
  EXPECT_EQ(run(made, joining(), "7 8 9000000000\n").await_ms, 600'000);
}

TEST(RangeSplit, NothingIsJoinedWhileSomethingIsToBeCut) {
  MadeView made = cold();
  made.range(10, {1, 2}, 1).commands_per_s = 30'000;
  EXPECT_EQ(run(made, joining(), cold_for(7, 8, 600)).commands, (Lines{"10 split by load"}));
}

// A node with one core has eight ranges at most; the ids of those with too much to do.
MadeView with_as_many_as_may_be(std::initializer_list<std::uint64_t> hot) {
  MadeView made;
  made.node(1).cores = 1;
  for (std::uint64_t id = 1; id <= 8; ++id) made.range(id, {1}, 1).size_bytes = 1;
  for (auto& range : made.done().ranges)
    if (std::find(hot.begin(), hot.end(), range.id) != hot.end()) range.commands_per_s = 30'000;
  return made;
}

TEST(RangeSplit, WithAsManyAsMayBeTwoColdOnesAreJoinedSoThatAHotOneCanBeCut) {
  MadeView made = with_as_many_as_may_be({1});
  const Planned planned = run(made, joining(), cold_for(4, 5, 600));
  EXPECT_EQ(planned.commands, (Lines{"4 merge 5"}));
  EXPECT_EQ(planned.reason,
            "8 ranges of at most 8: 1 too large or too hot, and there are as many as may be: two cold ones "
            "become one");
}

TEST(RangeSplit, WhatIsToBeCutIsNotJoinedThoughItsLoadIsCold) {
  MadeView made = with_as_many_as_may_be({});
  auto& range = made.done().ranges[3];
  range.fanout_count = 100'001;
  range.fanout_key = MadeView::key(3) + "f";
  EXPECT_EQ(run(made, joining(), cold_for(3, 4, 600) + cold_for(4, 5, 600)).commands, Lines{});
  EXPECT_EQ(run(made, joining(), cold_for(3, 4, 600) + cold_for(5, 6, 600)).commands, (Lines{"5 merge 6"}));
}

TEST(RangeSplit, RangesThatAreProvisionalAreNotJoined) {
  MadeView made = cold();
  made.done().ranges[0].is_provisional = true;
  EXPECT_EQ(run(made, joining(), cold_for(7, 8, 600) + cold_for(8, 9, 600)).commands, (Lines{"8 merge 9"}));
}

TEST(RangeSplit, NoMoreAreJoinedThanTheStoreBeganWith) {
  MadeView made = cold();
  made.wish().ranges_at_first = 3;
  EXPECT_EQ(run(made, joining(), cold_for(7, 8, 600)).commands, Lines{});
}

TEST(RangeSplit, NeighboursOfOtherVotersOrWithMoreToDoOrToHoldAreNotJoined) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2}, 1).size_bytes = 1;
  made.range(8, {1, 3}, 1).size_bytes = 1;
  auto& warm = made.range(9, {1, 3}, 1);
  warm.size_bytes = 1;
  warm.commands_per_s = 2'001;
  made.range(10, {1, 3}, 1);  // of unknown size
  made.range(11, {1, 3}, 1).size_bytes = 65ull << 20;
  std::string memo;
  for (std::uint64_t id = 7; id < 11; ++id) memo += cold_for(id, id + 1, 600);
  EXPECT_EQ(run(made, joining(), memo).commands, Lines{});
}

TEST(RangeSplit, WhatIsOfUnknownSizeIsNotJoined) {
  MadeView made;
  made.nodes({1, 2});
  made.range(7, {1, 2}, 1).size_bytes = 1;
  made.range(8, {1, 2}, 1);
  EXPECT_EQ(run(made, joining(), cold_for(7, 8, 600)).commands, Lines{});
}

TEST(RangeSplit, NeighboursWithOtherLearnersAreNotJoinedAndTheNextPairIs) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2}, 1, kv::StoreId::inbox, {3}).size_bytes = 1;
  made.range(8, {1, 2}, 1).size_bytes = 1;
  made.range(9, {1, 2}, 1).size_bytes = 1;
  const std::string memo = cold_for(7, 8, 600) + cold_for(8, 9, 600);
  EXPECT_EQ(run(made, joining(), memo).commands, (Lines{"8 merge 9"}));
}

}  // namespace
}  // namespace tenon::range_split
