#include <algorithm>

#include "range-leader/rule.h"

#include "rule_fixture.h"

namespace tenon::range_leader {
namespace {

using test::Lines;
using test::MadeView;
using test::Planned;

Planned run(MadeView& made, const Options& options = {}) {
  return test::planned(plan, made.done(), options);
}

TEST(RangeLeader, LeadersOfAllStoresCount) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(1, {1, 2, 3}, 1, kv::StoreId::meta);
  made.range(2, {1, 2, 3}, 2, kv::StoreId::dist);
  made.range(7, {1, 2, 3}, 1);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, (Lines{"7 transfer 3"}));
  EXPECT_EQ(planned.reason, "3 nodes lead, 1 ranges each is even: 1 leader to be moved for the counts");
}

TEST(RangeLeader, CountsWithinOneOfEvenRest) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 1);
  made.range(9, {1, 2, 3}, 2);
  made.range(10, {1, 2, 3}, 3);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, AllLeadersOfOneNodeAreSpread) {
  MadeView made;
  made.nodes({1, 2, 3});
  for (std::uint64_t id = 7; id < 13; ++id) made.range(id, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 transfer 2", "8 transfer 3", "9 transfer 2", "10 transfer 3"}));
}

TEST(RangeLeader, AnEmptyNodeGetsOneWhereNobodyHasMoreThanItsShare) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 1);
  made.range(9, {1, 2, 4}, 2);
  made.range(10, {2, 3, 4}, 2);
  made.range(11, {1, 3, 4}, 3);
  made.range(12, {2, 3, 4}, 3);
  EXPECT_EQ(run(made).commands, (Lines{"9 transfer 4"}));
}

TEST(RangeLeader, WhereNoRangeLinksTheTwoAChainOfMovesDoes) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2}, 1);
  made.range(8, {1, 2}, 1);
  made.range(9, {2, 3}, 2);
  EXPECT_EQ(run(made).commands, (Lines{"7 transfer 2", "9 transfer 3"}));
}

TEST(RangeLeader, WhoLagsOrIsDamagedOrHasJustComeIsNotChosen) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.node(4).since_ms = MadeView::now_ms - 4'000;
  made.gone(5, 60'000);
  auto& range = made.range(7, {1, 2, 3, 4, 5}, 1);
  range.replicas[1].lag = 1'001;
  range.replicas[2].is_usable = false;
  made.range(8, {1, 2, 3}, 1).is_busy = true;
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, ANodeThatTakesNothingAsItStopsIsLeftAlone) {
  MadeView made;
  made.nodes({1, 2});
  made.node(3).stores = 0;
  for (std::uint64_t id = 7; id < 11; ++id) made.range(id, {1, 2, 3}, 1 + id % 2);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, OnlyAsManyAsOneMayMoveAreMoved) {
  MadeView made;
  made.nodes({1, 2, 3});
  for (std::uint64_t id = 7; id < 13; ++id) made.range(id, {1, 2, 3}, 1);
  Options options;
  options.moves_max = 3;
  EXPECT_EQ(run(made, options).commands.size(), 3u);
}

// Nodes 1, 2 and 3 have nothing of the store that is planned for, and lead `others` ranges in all.
MadeView apart(std::uint64_t others) {
  MadeView made;
  made.nodes({1, 2, 3, 4, 5, 6});
  for (std::uint64_t id = 1; id <= others; ++id) made.range(id, {1, 2, 3}, 1 + id % 3, kv::StoreId::dist);
  return made;
}

TEST(RangeLeader, NodesThatLeadRangesOfTheirOwnOnlyDoNotKeepOthersFromBeingEven) {
  MadeView made = apart(3);
  for (std::uint64_t id = 11; id <= 34; ++id) {
    // Node 4 leads fourteen, nodes 5 and 6 five each: all have more than a sixth of what there is.
    const std::uint64_t leader = id <= 24 ? 4 : id <= 29 ? 5 : 6;
    made.range(id, {4, 5, 6}, leader);
  }
  Options options;
  options.moves_max = 100;
  const Planned planned = run(made, options);
  const auto to = [&](const char* node) {
    return std::count_if(planned.commands.begin(), planned.commands.end(),
                         [&](const auto& command) { return command.ends_with(node); });
  };
  EXPECT_EQ(to("transfer 5"), 3);
  EXPECT_EQ(to("transfer 6"), 3);
  EXPECT_EQ(planned.commands.size(), 6u);
}

TEST(RangeLeader, ANodeThatCanGiveNothingDoesNotKeepLoadsOfOthersFromBeingEven) {
  MadeView made = apart(6);
  for (auto& range : made.done().ranges) range.bytes_per_s = 400u << 20;
  for (std::uint64_t id = 11; id <= 16; ++id)
    made.range(id, {4, 5, 6}, 4 + id % 3).bytes_per_s = id % 3 == 0 ? 100u << 20 : 1;
  EXPECT_EQ(run(made).commands, (Lines{"12 transfer 5", "13 transfer 4"}));
}

// Two nodes lead two each; one has all the load.
MadeView loaded(std::uint64_t first, std::uint64_t second) {
  MadeView made;
  made.nodes({1, 2});
  made.range(7, {1, 2}, 1).bytes_per_s = first;
  made.range(8, {1, 2}, 1).bytes_per_s = second;
  made.range(9, {1, 2}, 2);
  made.range(10, {1, 2}, 2);
  return made;
}

TEST(RangeLeader, WhereCountsAreEvenALoadIsExchangedForNone) {
  MadeView made = loaded(50u << 20, 50u << 20);
  EXPECT_EQ(run(made).commands, (Lines{"7 transfer 2", "9 transfer 1"}));
}

TEST(RangeLeader, OneHotRangeIsNotPushedToAndFro) {
  MadeView made = loaded(100u << 20, 0);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, SmallLoadsDoNotMatter) {
  MadeView made = loaded(1u << 20, 1u << 20);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, ALoadIsWeighedByCores) {
  MadeView made;
  made.node(1).cores = 64;
  made.node(2).cores = 2;
  for (const std::uint64_t id : {7, 8, 9}) made.range(id, {1, 2}, 1).bytes_per_s = 50u << 20;
  for (const std::uint64_t id : {10, 11, 12}) made.range(id, {1, 2}, 2).bytes_per_s = 8u << 20;
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(RangeLeader, ANodeThatIsDrainedIsToLeadNothingAndCountsForNoShare) {
  MadeView made;
  made.nodes({1, 2});
  made.node(3).is_draining = true;
  for (std::uint64_t range = 1; range <= 4; ++range) made.range(range, {1, 2, 3}, 1);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands.size(), 2u);
  for (const std::string& command : planned.commands) EXPECT_TRUE(command.ends_with("transfer 2")) << command;
}

}  // namespace
}  // namespace tenon::range_leader
