#include "replica-cnt/rule.h"

#include <algorithm>
#include <random>

#include "rule_fixture.h"

namespace tenon::replica_cnt {
namespace {

using test::Lines;
using test::MadeView;
using test::Planned;

constexpr std::int64_t grace_ms = 30'000;

Planned run(MadeView& made, const Options& options = {}, kv::StoreId store = kv::StoreId::inbox) {
  return test::planned(plan, made.done(), options, store);
}

TEST(ReplicaCnt, WholeAndEvenRangesRest) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 2);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason, "2 ranges: as whole and as even as they can be");
}

TEST(ReplicaCnt, AVoterGoneForTheGraceIsReplaced) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, grace_ms);
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, AVoterGoneForLessIsWaitedFor) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, grace_ms - 1000);
  made.range(7, {1, 2, 3}, 1);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.await_ms, 1000);
  EXPECT_EQ(planned.reason,
            "1 range, 1 with a member that is away for less than 30 s: as whole and as even as they can be");
}

TEST(ReplicaCnt, NothingIsSpreadWhileSomebodyIsWaitedFor) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, grace_ms - 1000);
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 1);
  made.range(9, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(ReplicaCnt, WithNobodyToTakeItsPlaceAVoterThatIsGoneStays) {
  MadeView made;
  made.nodes({1, 2});
  made.gone(3, 10 * grace_ms);
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(ReplicaCnt, TwoOfFiveThatAreGoneAreTakenOutSoThatOneMoreMayGo) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.gone(4, 10 * grace_ms);
  made.gone(5, 10 * grace_ms);
  made.wish().voters = 5;
  made.range(7, {1, 2, 3, 4, 5}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,3"}));
}

TEST(ReplicaCnt, OneOfFiveThatIsGoneStaysWhereNobodyReplacesIt) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.gone(5, 10 * grace_ms);
  made.wish().voters = 5;
  made.range(7, {1, 2, 3, 4, 5}, 1);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(ReplicaCnt, WhenOneMoreWouldBeTooManyTheGraceIsNotWaitedFor) {
  MadeView made;
  made.nodes({1, 2, 3, 6, 7});
  made.gone(4, 2000);
  made.gone(5, 2000);
  made.wish().voters = 5;
  made.range(9, {1, 2, 3, 4, 5}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"9 members 1,2,3,6,7"}));
}

TEST(ReplicaCnt, VotersGrowFromOneToThreeAndNotToTwo) {
  MadeView two;
  two.nodes({1, 2});
  two.range(7, {1}, 1);
  EXPECT_EQ(run(two).commands, Lines{});
  MadeView three;
  three.nodes({1, 2, 3});
  three.range(7, {1}, 1);
  EXPECT_EQ(run(three).commands, (Lines{"7 members 1,2,3"}));
}

TEST(ReplicaCnt, TooManyVotersAreTakenOutButNotWhoLeads) {
  MadeView made;
  made.nodes({1, 2, 3, 4, 5});
  made.range(7, {1, 2, 3, 4, 5}, 5);
  const Planned planned = run(made);
  ASSERT_EQ(planned.commands.size(), 1u);
  EXPECT_EQ(planned.commands[0], "7 members 3,4,5");
}

TEST(ReplicaCnt, ANodeThatTakesNoReplicasAnyMoreIsLeftAndHandsItsLeadOverFirst) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.node(3).stores = balance::bit_of(kv::StoreId::dist);
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 3);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4", "8 transfer 1"}));
}

TEST(ReplicaCnt, ANodeThatHasNotToldWhatItTakesKeepsWhatItHasAndGetsNothing) {
  MadeView made;
  made.nodes({1, 2});
  made.node(3).stores = 0;
  made.node(4).stores = 0;
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(ReplicaCnt, ALearnerIsTakenBeforeANodeThatHasNothing) {
  MadeView made;
  made.nodes({1, 2, 4, 5});
  made.gone(3, grace_ms);
  made.wish().learners = 1;
  made.range(7, {1, 2, 3}, 1, kv::StoreId::inbox, {5});
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,5 learners 4"}));
}

TEST(ReplicaCnt, LearnersAreFilledAndTakenOut) {
  MadeView few;
  few.nodes({1, 2, 3, 4, 5});
  few.wish().learners = 1;
  few.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(few).commands, (Lines{"7 members 1,2,3 learners 4"}));
  MadeView many;
  many.nodes({1, 2, 3, 4, 5});
  many.range(7, {1, 2, 3}, 1, kv::StoreId::inbox, {4, 5});
  EXPECT_EQ(run(many).commands, (Lines{"7 members 1,2,3"}));
}

TEST(ReplicaCnt, WhereAllLearnOnlyThoseThatAreGoneForGoodAreTakenOut) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.gone(5, grace_ms);
  made.gone(6, grace_ms - 1);
  made.wish().learners = -1;
  made.range(7, {1, 2, 3}, 1, kv::StoreId::inbox, {4, 5, 6});
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,3 learners 4,6"}));
}

TEST(ReplicaCnt, WhereAllLearnVotersAreSpreadToo) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.wish().learners = -1;
  made.range(7, {1, 2, 3}, 1, kv::StoreId::inbox, {4});
  made.range(8, {1, 2, 3}, 1, kv::StoreId::inbox, {4});
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,3,4 learners 2"}));
}

TEST(ReplicaCnt, ANodeThatJoinsGetsItsShare) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  for (std::uint64_t id = 11; id <= 14; ++id) made.range(id, {1, 2, 3}, 1 + id % 3);
  Options options;
  options.moves_max = 100;
  // Twelve voters: three each.
  EXPECT_EQ(run(made, options).commands, (Lines{"11 members 2,3,4", "12 members 1,3,4", "13 members 1,2,4"}));
}

TEST(ReplicaCnt, OfNodesWithAsManyReplicasTheOneWithLessLoadForItsCoresGetsTheNext) {
  MadeView made;
  made.nodes({1, 4, 5});
  made.node(2).cores = 8;
  made.gone(3, 60'000);
  // Nodes 2, 4 and 5 have one voter each; 2 has most to do, and most cores.
  made.range(11, {1}, 1, kv::StoreId::retain);
  made.range(12, {2}, 2, kv::StoreId::retain).bytes_per_s = 900;
  made.range(13, {4}, 4, kv::StoreId::retain).bytes_per_s = 600;
  made.range(14, {5}, 5, kv::StoreId::retain).bytes_per_s = 800;
  made.range(7, {1, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, OnlyAsManyAsOneMayMoveAreMoved) {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  for (std::uint64_t id = 11; id <= 14; ++id) made.range(id, {1, 2, 3}, 1 + id % 3);
  Options options;
  options.moves_max = 1;
  EXPECT_EQ(run(made, options).commands.size(), 1u);
  options.spread = false;
  EXPECT_EQ(run(made, options).commands, Lines{});
}

TEST(ReplicaCnt, WhereOnlyLeadersAreLeftToMoveAnotherOneLeadsFirst) {
  MadeView made;
  made.nodes({1, 2});
  made.wish().voters = 1;
  for (const std::uint64_t id : {7, 8, 9}) made.range(id, {1}, 1);
  EXPECT_EQ(run(made).commands, Lines{});  // a single voter has nobody to hand over to
  MadeView five;
  five.nodes({1, 2, 3, 4, 5});
  five.range(7, {1, 2, 3}, 1);
  five.range(8, {1, 4, 5}, 1);
  five.range(9, {1, 2, 4}, 1);
  five.range(10, {1, 3, 5}, 1);
  EXPECT_EQ(run(five).commands, (Lines{"7 transfer 2"}));
}

TEST(ReplicaCnt, VotersOfOneZoneAreSpreadOverZones) {
  MadeView made;
  for (const std::uint64_t id : {1, 2, 3}) made.node(id).zone = "a";
  made.node(4).zone = "b";
  made.node(5).zone = "c";
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,3,4"}));
  Options options;
  options.zones = false;
  options.spread = false;
  EXPECT_EQ(run(made, options).commands, Lines{});
}

TEST(ReplicaCnt, AReplacementComesFromAZoneThatIsMissing) {
  MadeView made;
  made.node(1).zone = "a";
  made.node(2).zone = "b";
  made.gone(3, grace_ms).zone = "c";
  made.node(4).zone = "a";
  made.node(5).zone = "c";
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,5"}));
}

TEST(ReplicaCnt, RangesThatAreBusyOrHaveNoLeaderAreLeftAlone) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, grace_ms);
  made.range(7, {1, 2, 3}, 0);
  made.range(8, {1, 2, 3}, 1).is_busy = true;
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason.substr(0, 41), "2 ranges, 1 without a leader, 1 busy: as ");
}

TEST(ReplicaCnt, OptionsWinOverWhatTheStoreWants) {
  MadeView made;
  made.nodes({1, 2, 3, 4, 5});
  made.range(7, {1, 2, 3}, 1);
  Options options;
  options.voters = 5;
  EXPECT_EQ(run(made, options).commands, (Lines{"7 members 1,2,3,4,5"}));
}

TEST(ReplicaCnt, ANodeThatIsDrainedGetsNothingAndKeepsWhatItHas) {
  MadeView made;
  made.nodes({1, 2, 3});
  made.node(4).is_draining = true;
  made.range(7, {1, 2, 4}, 1);
  made.range(8, {1, 2}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"8 members 1,2,3"}));
}

TEST(ReplicaCnt, TheReplicasOfANodeThatIsEmptiedGoToOthers) {
  MadeView made;
  made.nodes({1, 2, 3});
  auto& emptied = made.node(4);
  emptied.is_draining = emptied.is_emptying = true;
  made.range(7, {1, 2, 4}, 1);
  made.range(8, {1, 2, 4}, 4);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, (Lines{"7 members 1,2,3", "8 transfer 1"}));
}

TEST(ReplicaCnt, WithoutANodeThatTakesItAReplicaStaysOnANodeThatIsEmptied) {
  MadeView made;
  made.nodes({1, 2});
  auto& emptied = made.node(3);
  emptied.is_draining = emptied.is_emptying = true;
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, Lines{}) << "two voters are less safe than three";
}

TEST(ReplicaCnt, ALearnerOfANodeThatIsEmptiedGoesAlsoWhereAllLearn) {
  MadeView made;
  made.nodes({1, 2, 3});
  auto& emptied = made.node(4);
  emptied.is_draining = emptied.is_emptying = true;
  made.node(5).stores = balance::bit_of(kv::StoreId::dist);
  made.wish().learners = -1;
  made.range(7, {1, 2, 3}, 1, kv::StoreId::inbox, {4, 5});
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,3 learners 5"}))
      << "who takes no voters learns all the same";
}

TEST(ReplicaCnt, ANodeThatWasRemovedIsReplacedAtOnce) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, 1000).evidence = balance::Evidence::marked;
  made.range(7, {1, 2, 3}, 1);
  const Planned planned = run(made);
  EXPECT_EQ(planned.commands, (Lines{"7 members 1,2,4"}));
  EXPECT_EQ(planned.await_ms, 0);
}

TEST(ReplicaCnt, ANodeThatWasRemovedDoesNotStayForWantOfAnother) {
  MadeView made;
  made.nodes({1, 2});
  made.gone(3, 1000).evidence = balance::Evidence::marked;
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2}, 1, kv::StoreId::inbox, {3});
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2", "8 members 1,2"}));
}

// Of three voters two are to go, and one node can take a place: never a single voter is left.
MadeView with_one_taker() {
  MadeView made;
  made.nodes({1, 4});
  auto& emptied = made.node(2);
  emptied.is_draining = emptied.is_emptying = true;
  return made;
}

TEST(ReplicaCnt, OfTwoVotersThatAreEmptiedOneStaysWhereOnlyOneNodeCanTakeAPlace) {
  MadeView made = with_one_taker();
  auto& emptied = made.node(3);
  emptied.is_draining = emptied.is_emptying = true;
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, AVoterThatIsEmptiedStaysBeforeOneThatIsGone) {
  MadeView made = with_one_taker();
  made.gone(3, grace_ms);
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, AVoterThatIsEmptiedStaysWhereOneWasRemoved) {
  MadeView made = with_one_taker();
  made.gone(3, 1000).evidence = balance::Evidence::marked;
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, OfVotersThatAreEmptiedWhoLeadsStays) {
  MadeView made = with_one_taker();
  auto& leader = made.node(3);
  leader.is_draining = leader.is_emptying = true;
  made.range(7, {1, 2, 3}, 3);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,3,4"}));
}

TEST(ReplicaCnt, WhereOneVoterIsTooManyOneThatIsEmptiedGoesBeforeOneThatIsNew) {
  MadeView made;
  made.nodes({1, 2, 6});
  made.gone(3, 1000).evidence = balance::Evidence::marked;
  made.gone(4, 1000).evidence = balance::Evidence::marked;
  auto& emptied = made.node(5);
  emptied.is_draining = emptied.is_emptying = true;
  made.wish().voters = 5;
  made.range(7, {1, 2, 3, 4, 5}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,6"}));
}

TEST(ReplicaCnt, WhoIsDrainedDoesNotTakeALeadOver) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.node(3).stores = balance::bit_of(kv::StoreId::dist);
  made.node(5).is_draining = true;
  auto& range = made.range(7, {1, 3, 5}, 3);
  range.replicas[0].lag = 9;
  EXPECT_EQ(run(made).commands, (Lines{"7 transfer 1"}));
}

MadeView emptied(const std::vector<std::uint64_t>& ids) {
  MadeView made;
  for (const std::uint64_t id : ids) {
    auto& node = made.node(id);
    node.is_draining = node.is_emptying = true;
  }
  return made;
}

TEST(ReplicaCnt, WhereAllVotersAreEmptiedWhoLeadsStaysUntilANewOneCanLead) {
  MadeView first = emptied({1, 2, 3});
  first.nodes({4, 5, 6});
  first.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(first).commands, (Lines{"7 members 1,4,5"}));
  MadeView then = emptied({1, 2, 3});
  then.nodes({4, 5, 6});
  auto& filled = then.range(7, {1, 4, 5}, 1);
  filled.replicas[1].is_behind = true;
  EXPECT_EQ(run(then).commands, (Lines{"7 transfer 5"}));
  MadeView last = emptied({1, 2, 3});
  last.nodes({4, 5, 6});
  last.range(7, {1, 4, 5}, 5);
  EXPECT_EQ(run(last).commands, (Lines{"7 members 4,5,6"}));
}

TEST(ReplicaCnt, WhereNoVoterThatStaysMayLeadWhoLeadsStaysForANewOne) {
  MadeView made = emptied({1});
  made.nodes({4, 5});
  made.node(2).is_draining = true;
  made.gone(3, grace_ms);
  made.range(7, {1, 2, 3}, 1);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,2,4"}));
}

TEST(ReplicaCnt, ASingleVoterThatIsEmptiedStaysBesideItsHeirUntilThatOneLeads) {
  const auto commands = [](const std::vector<std::uint64_t>& voters, std::uint64_t leader) {
    MadeView made = emptied({1});
    made.nodes({2});
    made.wish().voters = 1;
    made.range(7, voters, leader);
    return run(made).commands;
  };
  EXPECT_EQ(commands({1}, 1), (Lines{"7 members 1,2"}));
  EXPECT_EQ(commands({1, 2}, 1), (Lines{"7 transfer 2"}));
  EXPECT_EQ(commands({1, 2}, 2), (Lines{"7 members 2"}));
}

TEST(ReplicaCnt, ASingleVoterThatIsEmptiedDoesNotBecomeTwoWhereThreeAreWanted) {
  MadeView made = emptied({1});
  made.nodes({2});
  made.range(7, {1}, 1);
  EXPECT_EQ(run(made).commands, Lines{});
}

// Node 1 leads and is there; of each other node anything may be so.
MadeView by_chance(std::mt19937_64& random) {
  MadeView made;
  made.node(1);
  const std::uint64_t nodes = 2 + random() % 8;
  for (std::uint64_t id = 2; id <= nodes; ++id) {
    auto& node = random() % 3 == 0 ? made.gone(id, random() % 2 == 0 ? grace_ms : 1000) : made.node(id);
    if (!node.is_alive && random() % 3 == 0) node.evidence = balance::Evidence::marked;
    node.is_draining = random() % 3 == 0;
    node.is_emptying = node.is_draining && random() % 2 == 0;
    if (random() % 6 == 0) node.stores = balance::bit_of(kv::StoreId::dist);
  }
  made.wish().voters = 1 + 2 * (random() % 3);
  std::vector<std::uint64_t> voters = {1};
  for (std::uint64_t id = 2; id <= nodes && voters.size() < 5; ++id)
    if (random() % 2 == 0) voters.push_back(id);
  made.range(7, voters, 1);
  return made;
}

TEST(ReplicaCnt, NoPlanLeavesFewerVotersThanAreThereAndWanted) {
  std::mt19937_64 random(1);
  std::size_t plans = 0;
  for (int round = 0; round < 20'000; ++round) {
    MadeView made = by_chance(random);
    const balance::View view = made.done();
    const auto& before = view.ranges[0].what.members.voters;
    const auto is_there = [&](kv::NodeId node) { return view.node(node)->is_alive; };
    const auto alive = static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_there));
    if (alive <= before.size() / 2) continue;  // nobody leads such a range
    balance::AbiView abi(view);
    const sdk::BalancerPlan planned = plan(sdk::BalancerView(abi.of_store(kv::StoreId::inbox)), {});
    for (const auto& command : planned.commands) {
      if (command.kind != TENON_COMMAND_MEMBERS) continue;
      ++plans;
      const std::size_t wanted = made.wish().voters;
      EXPECT_GE(command.voters.size(), std::min(wanted, alive)) << "round " << round;
      const auto there = std::count_if(command.voters.begin(), command.voters.end(),
                                       [&](std::uint64_t node) { return is_there(kv::NodeId{node}); });
      EXPECT_GT(static_cast<std::size_t>(there), command.voters.size() / 2) << "round " << round;
    }
  }
  EXPECT_GT(plans, 1'000u);
}

}  // namespace
}  // namespace tenon::replica_cnt
