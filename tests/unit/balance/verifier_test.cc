#include "balance/verifier.h"

#include <gtest/gtest.h>

#include "support/balance/made_view.h"

namespace tenon::balance {
namespace {

using test::MadeView;

// Three live nodes, one that is gone, one that takes no replicas of inbox; range 7 on 1, 2, 3, led by 1.
View made() {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.gone(5, 60'000);
  made.node(6).stores = bit_of(StoreId::dist);
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 3}, 2);
  made.range(9, {1, 2, 3}, 1, StoreId::dist);
  return made.done();
}

template <class What>
std::string verdict(const View& view, What what, std::uint64_t range = 7, kv::Epoch epoch = {1, 1}) {
  Command command;
  command.range = range;
  command.epoch = epoch;
  command.what = std::move(what);
  const auto refused = verify(command, StoreId::inbox, view, view.range(range));
  return refused ? std::string(to_string(refused->why)) : "accepted";
}

Members members(const std::vector<std::uint64_t>& voters, const std::vector<std::uint64_t>& learners = {}) {
  return {MadeView::ids(voters), MadeView::ids(learners)};
}

TEST(Verifier, SoundCommandsPass) {
  const View view = made();
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}), "accepted");
  EXPECT_EQ(verdict(view, Split{"", true}), "accepted");
  EXPECT_EQ(verdict(view, Split{"00000000x", false}), "accepted");
  EXPECT_EQ(verdict(view, members({1, 2, 4})), "accepted");
  EXPECT_EQ(verdict(view, members({1, 2, 3}, {4})), "accepted");
}

TEST(Verifier, RangesThatTheViewDoesNotHaveAreRefused) {
  const View view = made();
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}, 70), "unknown_range");
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}, 9), "other_store");
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}, 7, {1, 2}), "stale");
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}, 7, {2, 1}), "stale");
}

TEST(Verifier, NodesThatAreUnknownOrGoneAreRefused) {
  const View view = made();
  EXPECT_EQ(verdict(view, Transfer{NodeId{99}}), "unknown_node");
  EXPECT_EQ(verdict(view, Transfer{NodeId{5}}), "dead_target");
  EXPECT_EQ(verdict(view, Transfer{NodeId{4}}), "dead_target");  // no voter
  EXPECT_EQ(verdict(view, members({1, 2, 99})), "unknown_node");
  EXPECT_EQ(verdict(view, members({1, 2, 5})), "dead_target");
  EXPECT_EQ(verdict(view, members({1, 2, 6})), "dead_target");
  EXPECT_EQ(verdict(view, members({1, 2, 3}, {5})), "dead_target");
}

TEST(Verifier, AMemberThatIsAwayMayStayOne) {
  MadeView made;
  made.nodes({1, 2, 4});
  made.gone(3, 60'000);
  made.range(7, {1, 2, 3}, 1);
  const View view = made.done();
  EXPECT_EQ(verdict(view, members({1, 2, 3}, {4})), "accepted");
}

TEST(Verifier, MembersThatMakeNoSenseAreRefused) {
  const View view = made();
  EXPECT_EQ(verdict(view, members({})), "members_wrong");
  EXPECT_EQ(verdict(view, members({1, 2, 2})), "members_wrong");
  EXPECT_EQ(verdict(view, members({1, 2, 3}, {3})), "members_wrong");  // votes and learns
  EXPECT_EQ(verdict(view, members({0, 1, 2})), "members_wrong");
  EXPECT_EQ(verdict(view, members({1, 2, 3})), "no_change");
  EXPECT_EQ(verdict(view, members({2, 3, 4})), "leader_removed");
}

TEST(Verifier, AChangeThatALivingMajorityCannotDecideIsRefused) {
  MadeView made;
  made.nodes({1, 4});
  made.gone(2, 60'000);
  made.gone(3, 60'000);
  made.range(7, {1, 2, 3}, 1);
  made.range(8, {1, 2, 4}, 1);
  const View view = made.done();
  EXPECT_EQ(verdict(view, members({1, 4})), "no_quorum");     // the old voters
  EXPECT_EQ(verdict(view, members({1, 2}), 8), "no_quorum");  // the new ones
}

TEST(Verifier, WhoLacksTooMuchCannotLead) {
  View view = made();
  view.ranges[1].replicas[1].lag = lag_max + 1;
  ASSERT_EQ(view.ranges[1].id, 7u);
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}), "lagging_target");
  view.ranges[1].replicas[1].lag = 0;
  view.ranges[1].replicas[1].is_behind = true;
  EXPECT_EQ(verdict(view, Transfer{NodeId{2}}), "lagging_target");
  EXPECT_EQ(verdict(view, Transfer{NodeId{1}}), "no_change");
}

TEST(Verifier, ASplitAtAnEdgeOrOutsideIsRefused) {
  const View view = made();
  EXPECT_EQ(verdict(view, Split{view.range(7)->what.end, false}), "key_outside");
  EXPECT_EQ(verdict(view, Split{view.range(8)->what.begin, false}, 8), "key_outside");
  EXPECT_EQ(verdict(view, Split{"0", false}, 8), "key_outside");
}

TEST(Verifier, AMergeOfRangesThatAreNotSideBySideOrHaveOtherMembersIsRefused) {
  View view = made();
  EXPECT_EQ(verdict(view, Merge{8, {1, 1}}), "accepted");
  EXPECT_EQ(verdict(view, Merge{8, {1, 2}}), "stale");
  EXPECT_EQ(verdict(view, Merge{7, {1, 1}}, 8), "gap");
  EXPECT_EQ(verdict(view, Merge{9, {1, 1}}), "unknown_range");
  for (ViewRange& range : view.ranges)
    if (range.id == 7) range.what.members.voters.pop_back();
  EXPECT_EQ(verdict(view, Merge{8, {1, 1}}), "members_wrong");
}

TEST(Verifier, RecoveriesNeedEvidenceAgainstEachThatIsMissing) {
  MadeView made;
  made.nodes({1});
  made.gone(2, 60'000).evidence = Evidence::refused;
  made.gone(3, 60'000);
  made.range(7, {1, 2, 3}, 0);
  made.range(8, {1, 2}, 0);
  made.range(9, {1}, 1);
  const View view = made.done();
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), true}), "no_evidence");  // nothing against 3
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), true}, 8), "accepted");
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({2}), false}), "dead_target");
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}, 9), "no_evidence");  // it is led
}

TEST(Verifier, BySilenceEachThatIsMissingHasToBeGone) {
  MadeView made;
  made.nodes({1, 4});
  made.gone(2, 60'000);
  made.gone(3, 60'000);
  made.range(7, {1, 2, 3}, 0);
  made.range(8, {1, 4, 2, 3}, 0);
  made.range(9, {1, 2, 99}, 0);
  made.range(10, {1, 4, 3}, 0);
  made.range(11, {1, 3}, 1);
  const View view = made.done();
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}), "accepted");
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}, 8), "no_evidence");   // 4 is there
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}, 9), "unknown_node");  // nobody has missed 99
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1, 4}), false}, 8), "accepted");
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1, 4}), false}, 10), "no_evidence");  // a majority
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}, 11), "no_evidence");     // it is led
}

TEST(Verifier, WhatWasRecoveredBySilenceOnlyAnOperatorDecidesAbout) {
  MadeView made;
  made.nodes({1});
  made.gone(2, 60'000).evidence = Evidence::marked;
  made.range(7, {1, 2}, 0).is_provisional = true;
  const View view = made.done();
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), false}), "provisional");
  EXPECT_EQ(verdict(view, Recover{MadeView::ids({1}), true}), "provisional");
}

TEST(Verifier, UnknownKindsAreRefused) {
  EXPECT_EQ(verdict(made(), Unknown{77}), "unknown_kind");
}

TEST(Layout, GapsAndOverlapsAreFound) {
  View view = made();
  EXPECT_EQ(fault_of_layout(view, StoreId::inbox), std::nullopt);
  EXPECT_TRUE(fault_of_layout(view, StoreId::retain).has_value());
  View gap = view;
  gap.ranges[1].what.end = "00000000";
  EXPECT_TRUE(fault_of_layout(gap, StoreId::inbox).has_value());
  View overlap = view;
  overlap.ranges[1].what.end.clear();
  EXPECT_TRUE(fault_of_layout(overlap, StoreId::inbox).has_value());
  View open = view;
  open.ranges[2].what.end = "9";
  EXPECT_TRUE(fault_of_layout(open, StoreId::inbox).has_value());
}

TEST(Verifier, ANodeThatIsDrainedGetsNothingNewAndKeepsWhatItHas) {
  View view = made();
  for (ViewNode& node : view.nodes) node.is_draining = node.id == NodeId{3} || node.id == NodeId{4};
  EXPECT_EQ(verdict(view, Transfer{NodeId{3}}), "dead_target");
  EXPECT_EQ(verdict(view, members({1, 2, 4})), "dead_target");
  EXPECT_EQ(verdict(view, members({1, 3})), "accepted");
}

}  // namespace
}  // namespace tenon::balance
