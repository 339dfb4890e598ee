#include "balance/view_builder.h"

#include <gtest/gtest.h>

#include "kv/reshape/recovery.h"

namespace tenon::balance {
namespace {

kv::Descriptor inbox(std::vector<NodeId> voters, std::uint32_t members_epoch = 1) {
  kv::Descriptor what;
  what.store = StoreId::inbox;
  what.epoch = {1, members_epoch};
  what.members.voters = std::move(voters);
  return what;
}

NodeFacts facts_of(std::uint64_t range, bool leads, std::uint64_t term, std::vector<NodeId> voters) {
  NodeFacts facts;
  facts.start_number = 1;
  facts.cores = 2;
  facts.stores = all_stores;
  ReplicaFacts& replica = facts.replicas.emplace_back();
  replica.id = {range, 1};
  replica.leads = leads;
  replica.term = term;
  replica.last_index = 10;
  if (leads) replica.what = inbox(std::move(voters), static_cast<std::uint32_t>(term));
  if (leads) replica.lags = {{NodeId{2}, 4, false}};
  return facts;
}

class ViewBuilderTest : public testing::Test {
 protected:
  const NodeId a{1}, b{2}, c{3};
  const std::vector<NodeId> both{a, b};
  ViewBuilder builder_{a};

  View build(std::int64_t now_ms) {
    const ViewBuilder::KnownRange known{{7, 1}, inbox(both)};
    return builder_.build({&known, 1}, {}, 1, now_ms);
  }
};

TEST_F(ViewBuilderTest, ARangeIsWhatItsLeaderSays) {
  builder_.on_facts(a, facts_of(7, false, 4, both), 1000);
  builder_.on_link(b, true, 1000);
  builder_.on_facts(b, facts_of(7, true, 4, both), 1000);
  const View view = build(1500);
  ASSERT_EQ(view.ranges.size(), 1u);
  EXPECT_EQ(view.ranges[0].leader, b);
  EXPECT_EQ(view.ranges[0].what.epoch.members, 4u);
  ASSERT_EQ(view.ranges[0].replicas.size(), 2u);
  EXPECT_EQ(view.ranges[0].replicas[1].lag, 4u);
  EXPECT_EQ(view.ranges[0].replicas[0].lag, std::nullopt);
  EXPECT_EQ(view.ranges[0].replicas[0].last_index, 10u);
}

TEST_F(ViewBuilderTest, ANodeThatIsGoneHasEvidenceAgainstItWhileItsHostRefuses) {
  const auto evidence = [&](std::int64_t now_ms) { return build(now_ms).node(b)->evidence; };
  builder_.on_link(b, true, 1000);
  builder_.on_dial_failed(b, true);  // of a link that was there twice
  builder_.on_link(b, false, 2000);
  EXPECT_EQ(evidence(2500), Evidence::none);
  builder_.on_dial_failed(b, true);
  EXPECT_EQ(evidence(3000), Evidence::refused);
  builder_.on_dial_failed(b, false);
  EXPECT_EQ(evidence(3500), Evidence::none);
  builder_.on_dial_failed(b, true);
  builder_.on_link(b, true, 4000);
  EXPECT_EQ(evidence(4500), Evidence::none);
}

TEST_F(ViewBuilderTest, WhatOthersHoldOfAFormerIncarnationIsOver) {
  builder_.on_link(b, true, 1000);
  builder_.on_facts(b, facts_of(7, true, 9, both), 1000);
  NodeFacts recovered = facts_of(7, true, 4, {a});
  recovered.replicas[0].id.incarnation = 2;
  builder_.on_facts(a, std::move(recovered), 1000);
  // Whoever is asked first.
  for (const NodeId first : {a, b}) {
    ViewBuilder::KnownRange known{{7, first == a ? 2u : 1u}, inbox(both)};
    const View view = builder_.build({&known, 1}, {}, 1, 1500);
    ASSERT_EQ(view.ranges.size(), 1u);
    EXPECT_EQ(view.ranges[0].leader, a);
  }
}

TEST_F(ViewBuilderTest, OfTwoThatSayTheyLeadTheOneOfTheLaterTermDoes) {
  builder_.on_facts(a, facts_of(7, true, 4, both), 1000);
  builder_.on_link(b, true, 1000);
  builder_.on_facts(b, facts_of(7, true, 5, both), 1000);
  EXPECT_EQ(build(1500).ranges[0].leader, b);
}

TEST_F(ViewBuilderTest, WhatIsOldOrOfANodeThatIsGoneIsNotBelieved) {
  builder_.on_link(b, true, 1000);
  builder_.on_facts(b, facts_of(7, true, 5, both), 1000);
  builder_.on_facts(a, facts_of(7, false, 5, both), 1000);
  EXPECT_EQ(build(1000 + ViewBuilder::facts_ms_max - 1).ranges[0].leader, b);
  const View old = build(1000 + ViewBuilder::facts_ms_max);
  EXPECT_EQ(old.ranges[0].leader, NodeId::none);
  EXPECT_EQ(old.ranges[0].leader_since_ms, 1000 + ViewBuilder::facts_ms_max);
  builder_.on_facts(b, facts_of(7, true, 5, both), 7000);
  builder_.on_link(b, false, 7500);
  const View gone = build(8000);
  EXPECT_EQ(gone.ranges[0].leader, NodeId::none);
  EXPECT_FALSE(gone.node(b)->is_alive);
  EXPECT_EQ(gone.node(b)->since_ms, 7500);
}

TEST_F(ViewBuilderTest, ARangeIsNotWithoutALeaderWhileSomebodyKnowsOne) {
  builder_.on_facts(a, facts_of(7, false, 5, both), 1000);
  EXPECT_EQ(build(1000).ranges[0].leader_since_ms, 1000);
  NodeFacts knows = facts_of(7, false, 5, both);
  knows.replicas[0].leader = b;  // which this one is not linked to
  builder_.on_facts(a, NodeFacts(knows), 3000);
  EXPECT_EQ(build(3000).ranges[0].leader, NodeId::none);
  EXPECT_EQ(build(3500).ranges[0].leader_since_ms, 3500);
  builder_.on_facts(a, facts_of(7, false, 5, both), 4000);
  EXPECT_EQ(build(5000).ranges[0].leader_since_ms, 3500);
}

TEST_F(ViewBuilderTest, WhoeverHasToldKnowsBestWhetherHeLeads) {
  builder_.on_facts(a, facts_of(7, false, 5, both), 1000);
  builder_.on_link(b, true, 1000);
  NodeFacts learner = facts_of(7, false, 5, both);
  learner.replicas[0].leader = a;
  builder_.on_facts(b, NodeFacts(learner), 1000);
  EXPECT_EQ(build(1000).ranges[0].leader_since_ms, 1000);
  EXPECT_EQ(build(3500).ranges[0].leader_since_ms, 1000);
}

TEST_F(ViewBuilderTest, WhatWasWhileNobodyLookedIsNotCounted) {
  builder_.on_facts(a, facts_of(7, false, 5, both), 1000);
  EXPECT_EQ(build(1000).ranges[0].leader_since_ms, 1000);
  builder_.forget_leaders();
  EXPECT_EQ(build(60'000).ranges[0].leader_since_ms, 60'000);
}

TEST_F(ViewBuilderTest, WhatWasWhileThePlannerStoodStillIsNotCounted) {
  builder_.on_facts(a, facts_of(7, false, 5, both), 1000);
  EXPECT_EQ(build(1000).ranges[0].leader_since_ms, 1000);
  EXPECT_EQ(build(6000).ranges[0].leader_since_ms, 1000);
  EXPECT_EQ(build(11'001).ranges[0].leader_since_ms, 11'001);
}

TEST_F(ViewBuilderTest, ARangeOfWhoseNewIncarnationNothingIsToldIsHeld) {
  NodeFacts facts = facts_of(7, false, 5, both);
  EXPECT_FALSE(build(1000).ranges[0].is_busy);
  facts.replicas[0].id.incarnation = 500;
  builder_.on_facts(a, std::move(facts), 1500);
  EXPECT_TRUE(build(1500).ranges[0].is_busy);
}

TEST_F(ViewBuilderTest, WhatWasRecoveredBySilenceIsSaidToBeSo) {
  NodeFacts facts = facts_of(7, true, 5, both);
  facts.replicas[0].id.incarnation = 500;
  facts.replicas[0].what->epoch.boundary = kv::provisional_boundary(0);
  builder_.on_facts(a, NodeFacts(facts), 1000);
  EXPECT_TRUE(build(1000).ranges[0].is_provisional);
  facts.replicas[0].what->epoch.boundary = kv::recovered_boundary(kv::provisional_boundary(0));
  builder_.on_facts(a, std::move(facts), 1500);
  EXPECT_FALSE(build(1500).ranges[0].is_provisional);
}

TEST_F(ViewBuilderTest, AMemberThatWasNeverLinkedIsGoneSinceItWasMissedFirst) {
  EXPECT_EQ(build(1000).node(b)->since_ms, 1000);
  EXPECT_EQ(build(9000).node(b)->since_ms, 1000);
  EXPECT_FALSE(build(9000).node(b)->is_alive);
}

TEST_F(ViewBuilderTest, ANodeThatCameBackHasBeenThereSinceThen) {
  builder_.on_link(b, true, 1000);
  builder_.on_link(b, false, 2000);
  builder_.on_link(b, true, 3000);
  EXPECT_EQ(build(4000).node(b)->since_ms, 3000);
  EXPECT_TRUE(build(4000).node(b)->is_alive);
}

TEST_F(ViewBuilderTest, ANodeWhoseRestartWasNotMissedHasBeenThereSinceItsNewStart) {
  builder_.on_link(b, true, 1000);
  builder_.on_facts(b, facts_of(7, false, 4, both), 1000);
  NodeFacts again = facts_of(7, false, 4, both);
  again.start_number = 2;
  builder_.on_facts(b, std::move(again), 5000);
  EXPECT_EQ(build(5500).node(b)->since_ms, 5000);
}

TEST_F(ViewBuilderTest, ItIsInformedWhenAllThatAreLinkedHaveTold) {
  builder_.on_facts(a, facts_of(7, false, 4, both), 1000);
  builder_.on_link(b, true, 1000);
  EXPECT_FALSE(builder_.is_informed(1500));
  builder_.on_facts(b, facts_of(7, true, 4, both), 1500);
  EXPECT_TRUE(builder_.is_informed(1500));
  EXPECT_FALSE(builder_.is_informed(1000 + ViewBuilder::facts_ms_max));
  builder_.on_facts(a, facts_of(7, false, 4, both), 9000);
  builder_.on_link(b, false, 9000);
  EXPECT_TRUE(builder_.is_informed(9000));
}

TEST_F(ViewBuilderTest, ANodeThatIsGoneAndHasNothingIsForgotten) {
  builder_.on_link(c, true, 1000);
  EXPECT_NE(build(1500).node(c), nullptr);
  builder_.on_link(c, false, 2000);
  (void)build(2500);
  EXPECT_EQ(build(3000).node(c), nullptr);
}

TEST_F(ViewBuilderTest, MarksAreOfNodesAsOperatorsSaid) {
  builder_.on_link(b, true, 1000);
  builder_.set_marks({{a, {true, true, false}}, {b, {true, false, true}}});
  EXPECT_TRUE(build(1500).node(b)->is_draining);
  EXPECT_FALSE(build(1500).node(b)->is_emptying);
  EXPECT_EQ(build(1500).node(b)->evidence, Evidence::none) << "it is there";
  builder_.on_link(b, false, 2000);
  EXPECT_EQ(build(2500).node(b)->evidence, Evidence::marked);
  builder_.set_marks({});
  EXPECT_EQ(build(2600).node(b)->evidence, Evidence::none);
  EXPECT_FALSE(build(2600).node(b)->is_draining);
}

}  // namespace
}  // namespace tenon::balance
