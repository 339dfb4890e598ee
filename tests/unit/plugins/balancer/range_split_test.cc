#include "range-split/rule.h"

#include "rule_fixture.h"

namespace tenon::range_split {
namespace {

using test::Lines;
using test::MadeView;
using test::Planned;

Planned run(MadeView& made, const Options& options = {}) {
  return test::planned(plan, made.done(), options);
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

TEST(RangeSplit, ARangeIsCutAmongTheKeysOfAFilterThatHasMany) {
  MadeView made;
  made.nodes({1});
  auto& range = made.range(7, {1}, 1);
  range.fanout_count = 100'001;
  range.fanout_key = "0f";
  EXPECT_EQ(run(made).commands, (Lines{"7 split in half at 0f"}));
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

MadeView cold() {
  MadeView made;
  made.nodes({1, 2});
  for (const std::uint64_t id : {7, 8, 9}) made.range(id, {1, 2}, 1).size_bytes = 10u << 20;
  return made;
}

TEST(RangeSplit, ColdNeighboursAreJoinedWhereThatIsSwitchedOn) {
  MadeView made = cold();
  EXPECT_EQ(run(made).commands, Lines{});
  Options options;
  options.merge = true;
  EXPECT_EQ(run(made, options).commands, (Lines{"7 merge 8"}));
}

TEST(RangeSplit, NoMoreAreJoinedThanTheStoreBeganWith) {
  MadeView made = cold();
  made.wish().ranges_at_first = 3;
  Options options;
  options.merge = true;
  EXPECT_EQ(run(made, options).commands, Lines{});
}

TEST(RangeSplit, NeighboursOfOtherVotersOrWithMoreToDoAreNotJoined) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2}, 1).size_bytes = 1;
  made.range(8, {1, 3}, 1).size_bytes = 1;
  auto& warm = made.range(9, {1, 3}, 1);
  warm.size_bytes = 1;
  warm.commands_per_s = 2'001;
  made.range(10, {1, 3}, 1);  // of unknown size
  Options options;
  options.merge = true;
  EXPECT_EQ(run(made, options).commands, Lines{});
}

}  // namespace
}  // namespace tenon::range_split
