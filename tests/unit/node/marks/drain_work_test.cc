#include "node/marks/drain_work.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using Phase = DrainWork::Phase;

class DrainWorkTest : public ::testing::Test {
 protected:
  void begin(std::uint32_t rate, bool gives_replicas = false) {
    mark_.rate = rate;
    mark_.gives_replicas = gives_replicas;
    work_.set_mark(&mark_, facts_.now_ns);
  }
  DrainWork::Step after(std::int64_t ms) {
    facts_.now_ns += ms * ns_per_ms;
    return work_.step(facts_);
  }

  DrainMark mark_;
  DrainWork work_;
  DrainWork::Facts facts_{2, 10, 4, true, ns_per_s};
};

TEST_F(DrainWorkTest, ANodeWithoutAMarkGivesNothingAway) {
  const auto step = after(1000);
  EXPECT_FALSE(step.hands_over);
  EXPECT_EQ(step.sends_away, 0u);
  EXPECT_EQ(work_.phase(), Phase::none);
}

TEST_F(DrainWorkTest, ClientsStayUntilOthersLead) {
  begin(10);
  EXPECT_TRUE(after(100).hands_over);
  EXPECT_EQ(work_.phase(), Phase::leaders);
  facts_.leaders = 0;
  EXPECT_EQ(after(100).sends_away, 0u);
  EXPECT_EQ(work_.phase(), Phase::clients);
}

TEST_F(DrainWorkTest, WhatWasNotCountedYetIsNotTakenForNothing) {
  begin(10);
  facts_.leaders = 0;
  facts_.is_known = false;
  (void)after(100);
  EXPECT_EQ(work_.phase(), Phase::leaders);
}

TEST_F(DrainWorkTest, LeadersThatNobodyTakesAreNotWaitedForForEver) {
  begin(10);
  (void)after(100);
  facts_.leaders = 1;
  (void)after(14'000);
  EXPECT_EQ(work_.phase(), Phase::leaders) << "one has gone a moment ago";
  (void)after(14'000);
  EXPECT_EQ(work_.phase(), Phase::leaders);
  (void)after(2'000);
  EXPECT_EQ(work_.phase(), Phase::clients);
}

TEST_F(DrainWorkTest, ClientsGoAtTheStatedRateWhateverTheTicks) {
  begin(10);
  facts_.leaders = 0;
  facts_.clients = 1000;
  (void)after(0);
  std::size_t sent = 0;
  for (int i = 0; i < 30; ++i) sent += after(70).sends_away;
  EXPECT_EQ(sent, 21u) << "2.1 seconds";
  mark_.rate = 100;
  work_.set_mark(&mark_, facts_.now_ns);
  EXPECT_EQ(after(1000).sends_away, 100u);
}

TEST_F(DrainWorkTest, NoMoreAreSentAwayThanThereAre) {
  begin(1000);
  facts_.leaders = 0;
  (void)after(0);
  EXPECT_EQ(after(5000).sends_away, 10u);
}

TEST_F(DrainWorkTest, ReplicasGoWhenClientsHaveGoneAndAllNodesKnowIt) {
  begin(10);
  facts_.leaders = 0;
  facts_.clients = 0;
  EXPECT_TRUE(after(0).gives_replicas);
  EXPECT_EQ(work_.phase(), Phase::clients) << "its mark does not say so yet";
  begin(10, true);
  EXPECT_FALSE(after(100).gives_replicas);
  EXPECT_EQ(work_.phase(), Phase::replicas);
  facts_.replicas = 0;
  (void)after(100);
  EXPECT_EQ(work_.phase(), Phase::done);
  facts_.replicas = 1;
  (void)after(100);
  EXPECT_EQ(work_.phase(), Phase::replicas) << "a range has taken it in again";
}

TEST_F(DrainWorkTest, AClientThatIsStillThereHoldsTheReplicas) {
  begin(10);
  facts_.leaders = 0;
  facts_.clients = 1;
  EXPECT_FALSE(after(100).gives_replicas);
  EXPECT_EQ(work_.phase(), Phase::clients);
}

TEST_F(DrainWorkTest, LinksOfClientsThatAreRefusedAgainAndAgainAreNotWaitedForForEver) {
  begin(10);
  facts_.leaders = 0;
  facts_.clients = 1;
  facts_.links = 3;
  (void)after(60'000);
  facts_.clients = 0;
  EXPECT_FALSE(after(14'000).gives_replicas) << "one of them may be on its way in";
  EXPECT_TRUE(after(2'000).gives_replicas);
}

TEST_F(DrainWorkTest, WhoGetsInLateIsSentAwayAllTheSame) {
  begin(10, true);
  facts_.leaders = 0;
  facts_.clients = 0;
  (void)after(0);
  EXPECT_EQ(work_.phase(), Phase::replicas);
  facts_.clients = 1;
  EXPECT_EQ(after(1000).sends_away, 1u);
}

TEST_F(DrainWorkTest, AMarkThatIsTakenAwayEndsIt) {
  begin(10);
  work_.set_mark(nullptr, facts_.now_ns);
  EXPECT_EQ(work_.phase(), Phase::none);
  EXPECT_FALSE(after(100).hands_over);
}

}  // namespace
}  // namespace tenon::node
