#include "store/members/plan.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

constexpr NodeId a{1}, b{2}, c{3}, d{4}, e{5};

MemberFacts facts(std::vector<NodeId> voters, std::vector<NodeId> learners = {}) {
  MemberFacts facts;
  facts.self = a;
  facts.members = {std::move(voters), {}, std::move(learners)};
  facts.epoch = 7;
  facts.up = {b, c, d};
  return facts;
}

MemberStep opens(std::vector<NodeId> nodes) {
  return {std::move(nodes), std::nullopt};
}
MemberStep changes_to(std::vector<NodeId> voters, std::vector<NodeId> learners = {}) {
  return {{}, kv::Members{std::move(voters), {}, std::move(learners)}};
}

TEST(MemberPlan, NobodyIsTakenInOrOutOnItsOwn) {
  EXPECT_EQ(plan_members(facts({a, b, c})), MemberStep{});
  EXPECT_EQ(plan_members(facts({a, b, c, e})), MemberStep{}) << "a node that is away stays";
  EXPECT_EQ(plan_members(facts({a})), MemberStep{});
}

TEST(MemberPlan, NothingIsDoneInTheMiddleOfAChange) {
  MemberFacts f = facts({a, b});
  f.members.outgoing = {a, b, c};
  f.lost = {b};
  f.policy.all_learn = true;
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, WhereAllLearnEachNodeThatIsThereOpensAReplicaAndThenLearns) {
  MemberFacts f = facts({a, b, c}, {e});
  f.policy.all_learn = true;
  EXPECT_EQ(plan_members(f), opens({d}));
  f.opened[d] = {6, false};
  EXPECT_EQ(plan_members(f), opens({d})) << "opened at another epoch";
  f.opened[d] = {7, false};
  EXPECT_EQ(plan_members(f), changes_to({a, b, c}, {d, e}));
}

TEST(MemberPlan, AMemberThatLostItsReplicaIsTakenOutBeforeAnythingElse) {
  MemberFacts f = facts({a, b, c}, {d});
  f.lost = {c, d};
  f.policy.all_learn = true;
  f.opened[c] = {7, true};
  EXPECT_EQ(plan_members(f), changes_to({a, b}));
}

TEST(MemberPlan, WhoLostItIsNotTakenOutWhenTheOthersAreTooFew) {
  MemberFacts f = facts({a, b});
  f.lost = {b};
  EXPECT_EQ(plan_members(f), MemberStep{});
  f = facts({a, b, e});
  f.lost = {b};
  EXPECT_EQ(plan_members(f), MemberStep{}) << "e is away";
  f = facts({a, b, c});
  f.lost = {b, c};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, WhoLostItBeginsAnewLearnsAndVotesAgain) {
  MemberFacts f = facts({a, b});
  f.lost = {c};
  EXPECT_EQ(plan_members(f), opens({c}));
  f.lost.clear();
  f.opened[c] = {7, true};
  EXPECT_EQ(plan_members(f), changes_to({a, b}, {c}));
  f.members.learners = {c};
  f.epoch = 8;
  EXPECT_EQ(plan_members(f), changes_to({a, b, c}));
  f.members = {{a, b, c}, {}, {}};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, WhoLostItAndIsToHaveNoneDoesNotComeBack) {
  MemberFacts f = facts({a, b, c});
  f.policy.all_learn = true;
  f.policy.excluded = {c, d};
  f.lost = {c};
  EXPECT_EQ(plan_members(f), changes_to({a, b}));
  f.members.voters = {a, b};
  EXPECT_EQ(plan_members(f), MemberStep{});
  // One that has begun anew before that was said.
  f.lost.clear();
  f.members.learners = {c};
  f.opened[c] = {7, true};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, NoMoreVoteThanAreWanted) {
  MemberFacts f = facts({a, b}, {c, d});
  f.opened[c] = {5, true};
  f.opened[d] = {5, true};
  EXPECT_EQ(plan_members(f), changes_to({a, b, c}, {d}));
  f = facts({a, b, e});
  f.lost = {c};
  EXPECT_EQ(plan_members(f), MemberStep{}) << "another has taken its place";
}

TEST(MemberPlan, ALearnerThatLostNothingDoesNotBecomeAVoter) {
  MemberFacts f = facts({a, b}, {c});
  f.opened[c] = {5, false};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, AnOrderTakesNewNodesInAsLearnersFirst) {
  MemberFacts f = facts({a, b, c});
  f.order = kv::Members{{a, b, d}, {}, {}};
  EXPECT_EQ(plan_members(f), opens({d}));
  f.opened[d] = {7, false};
  EXPECT_EQ(plan_members(f), changes_to({a, b, c}, {d}));
  f.members.learners = {d};
  f.epoch = 8;
  EXPECT_EQ(plan_members(f), changes_to({a, b, d}));
  f.members = {{a, b, d}, {}, {}};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, AnOrderWaitsForANodeThatIsAway) {
  MemberFacts f = facts({a, b, c});
  f.order = kv::Members{{a, b, e}, {}, {}};
  EXPECT_EQ(plan_members(f), MemberStep{});
}

TEST(MemberPlan, AnOrderDoesNotTakeAwayWhatANodeReadsFrom) {
  MemberFacts f = facts({a, b, c}, {d});
  f.policy.all_learn = true;
  f.order = kv::Members{{a, b, d}, {}, {}};
  EXPECT_EQ(plan_members(f), changes_to({a, b, d}, {c}));
  f = facts({a, b, c}, {e});
  f.policy.all_learn = true;
  f.up = {b, c};
  f.order = kv::Members{{a, b, c}, {}, {}};
  EXPECT_EQ(plan_members(f), changes_to({a, b, c})) << "e is away, and an operator wants it out";
}

TEST(MemberPlan, WhereAllLearnWhoIsExcludedDoesNotUnlessItIsALearnerAlready) {
  MemberFacts f = facts({a, b, c});
  f.policy.all_learn = true;
  f.policy.excluded = {d};
  EXPECT_EQ(plan_members(f), MemberStep{});
  f.members.learners = {d};
  EXPECT_EQ(plan_members(f), MemberStep{}) << "nobody is taken out without an order";
}

TEST(MemberPlan, AnOrderTakesOutWhoIsExcludedWhereAllOthersLearn) {
  MemberFacts f = facts({a, b, c}, {d});
  f.policy.all_learn = true;
  f.order = kv::Members{{a, b}, {}, {}};
  EXPECT_EQ(plan_members(f), changes_to({a, b}, {c, d})) << "all others learn";
  f.policy.excluded = {c};
  EXPECT_EQ(plan_members(f), changes_to({a, b}, {d}));
  f.policy.excluded = {c, d};
  EXPECT_EQ(plan_members(f), changes_to({a, b}));
}

}  // namespace
}  // namespace tenon::store
