#include "recovery/rule.h"

#include "rule_fixture.h"

namespace tenon::recovery {
namespace {

using test::Lines;
using test::MadeView;
using test::Planned;

constexpr std::int64_t minute_ms = 60'000;

// Range 7 of three voters without a leader; 1 is there.
MadeView lost(std::int64_t for_ms = minute_ms) {
  MadeView made;
  made.node(1);
  made.gone(2, for_ms);
  made.gone(3, for_ms);
  made.range(7, {1, 2, 3}, 0).leader_since_ms = MadeView::now_ms - for_ms;
  return made;
}

Planned run(MadeView& made, Evidence evidence) {
  Options options;
  options.evidence = evidence;
  return test::planned(plan, made.done(), options);
}

TEST(Recovery, ByTimeoutTheVotersThatAreThereGoOn) {
  MadeView made = lost();
  EXPECT_EQ(run(made, Evidence::timeout).commands, (Lines{"7 recover 1 by timeout"}));
}

TEST(Recovery, BeforeTheTimeIsOverNothingIsDone) {
  MadeView made = lost(9'000);
  const Planned planned = run(made, Evidence::timeout);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.await_ms, 1'000);
}

TEST(Recovery, ANodeThatWentLaterIsWaitedForAsLong) {
  MadeView made;
  made.node(1);
  made.gone(2, minute_ms);
  made.gone(3, 4'000);
  made.range(7, {1, 2, 3}, 0).leader_since_ms = 0;
  const Planned planned = run(made, Evidence::timeout);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.await_ms, 6'000);
}

TEST(Recovery, ByProofSilenceIsNotEnough) {
  MadeView made = lost();
  const Planned planned = run(made, Evidence::proof);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason,
            "1 range without a leader: nothing speaks against 0000000000000002 but its silence");
}

TEST(Recovery, ByProofEachNodeThatIsMissingNeedsEvidenceAgainstIt) {
  MadeView made;
  made.node(1);
  made.gone(2, minute_ms).evidence = balance::Evidence::refused;
  auto& third = made.gone(3, minute_ms);
  made.range(7, {1, 2, 3}, 0).leader_since_ms = 0;
  third.evidence = balance::Evidence::marked;
  EXPECT_EQ(run(made, Evidence::proof).commands, (Lines{"7 recover 1 by proof"}));
}

TEST(Recovery, ByTimeoutWhatHasProofIsRecoveredForGood) {
  MadeView made;
  made.node(1);
  made.gone(2, minute_ms).evidence = balance::Evidence::refused;
  made.gone(3, minute_ms).evidence = balance::Evidence::marked;
  made.gone(4, minute_ms);
  made.range(7, {1, 2, 3}, 0).leader_since_ms = 0;
  made.range(8, {1, 2, 4}, 0).leader_since_ms = 0;
  EXPECT_EQ(run(made, Evidence::timeout).commands, (Lines{"7 recover 1 by proof", "8 recover 1 by timeout"}));
}

TEST(Recovery, ANodeThatIsThereIsNotSilentIfOnlyItsReplicaIsDamaged) {
  MadeView made;
  made.nodes({1, 2});
  made.gone(3, minute_ms);
  auto& range = made.range(7, {1, 2, 3}, 0);
  range.leader_since_ms = 0;
  range.replicas[1].is_usable = false;
  const Planned planned = run(made, Evidence::timeout);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason,
            "1 range without a leader: 0000000000000002 is there, and its replica of range 7 can't be used");
}

TEST(Recovery, ANodeThatNobodyHasMissedIsNotSilent) {
  MadeView made;
  made.node(1);
  made.gone(2, minute_ms);
  made.range(7, {1, 2, 99}, 0).leader_since_ms = 0;
  EXPECT_EQ(run(made, Evidence::timeout).commands, Lines{});
}

TEST(Recovery, WhatWasRecoveredBySilenceIsLeftToAnOperator) {
  for (const Evidence evidence : {Evidence::proof, Evidence::timeout}) {
    MadeView made;
    made.node(1);
    made.gone(2, minute_ms).evidence = balance::Evidence::marked;
    auto& range = made.range(7, {1, 2}, 0);
    range.leader_since_ms = 0;
    range.is_provisional = true;
    const Planned planned = run(made, evidence);
    EXPECT_EQ(planned.commands, Lines{});
    EXPECT_EQ(
        planned.reason,
        "1 range without a leader: range 7 was recovered on nothing but silence, and an operator has to "
        "decide what becomes of it");
  }
}

TEST(Recovery, WithAMajorityOrALeaderNothingIsDone) {
  MadeView made;
  made.nodes({1, 2});
  made.gone(3, minute_ms);
  made.range(7, {1, 2, 3}, 0).leader_since_ms = 0;
  made.range(8, {1, 3}, 1);
  EXPECT_EQ(run(made, Evidence::timeout).commands, Lines{});
}

TEST(Recovery, AReplicaThatIsDamagedIsNotThere) {
  MadeView made;
  made.nodes({1});
  made.gone(2, minute_ms);
  auto& range = made.range(7, {1, 2}, 0);
  range.leader_since_ms = 0;
  range.replicas[0].is_usable = false;
  const Planned planned = run(made, Evidence::timeout);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.reason, "1 range without a leader: no voter of range 7 is there");
}

TEST(Recovery, TheReasonNamesTheLogThatGoesFurthest) {
  MadeView made;
  made.nodes({1, 2});
  for (const std::uint64_t id : {3, 4, 5}) made.gone(id, minute_ms);
  auto& range = made.range(7, {1, 2, 3, 4, 5}, 0);
  range.leader_since_ms = 0;
  range.replicas[0].term = 2;
  range.replicas[0].last_index = 90;
  range.replicas[1].last_index = 500;
  balance::AbiView abi(made.done());
  const auto plan =
      recovery::plan(sdk::BalancerView(abi.of_store(kv::StoreId::inbox)), {Evidence::timeout, 1});
  ASSERT_EQ(plan.commands.size(), 1u);
  EXPECT_NE(plan.commands[0].reason.find("the log that goes furthest is at 0000000000000001"),
            std::string::npos);
}

}  // namespace
}  // namespace tenon::recovery
