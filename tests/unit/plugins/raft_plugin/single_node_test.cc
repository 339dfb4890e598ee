#include <tenon/host/health.h>

#include <gtest/gtest.h>

#include "test_cluster.h"

namespace tenon::test {
namespace {

class SingleNode : public ::testing::Test {
 protected:
  void lead() {
    cluster_.open_everywhere(group);
    ASSERT_EQ(cluster_.await_leader(group), 1u);
    cluster_.ticks(2);
  }
  TestNode& node() { return cluster_.node(1); }
  TestGroup& state() { return node().group(group); }

  TestCluster cluster_{1, 1};
};

TEST_F(SingleNode, AFounderAloneLeadsItsGroup) {
  lead();
  EXPECT_EQ(state().role.leader, 1u);
  ASSERT_GE(state().entries.size(), 2u);
  EXPECT_EQ(state().entries[0].type, TENON_ENTRY_MEMBERSHIP);
  EXPECT_EQ(state().entries[1].type, TENON_ENTRY_NOTHING);
  EXPECT_EQ(state().role.ready_index, state().entries[1].at.index);
  EXPECT_EQ(state().members.voters, std::vector<std::uint64_t>{1});
}

TEST_F(SingleNode, AProposalIsAppliedOneTurnAfterItIsDurable) {
  lead();
  tenon_log_point at{};
  ASSERT_EQ(node().propose(group, "a", &at), TENON_OK);
  EXPECT_EQ(node().journal().queued_calls(), 0u) << "nothing is written before the turn";
  node().turn();
  EXPECT_EQ(node().journal().queued_calls(), 1u);
  EXPECT_FALSE(state().has("a")) << "it is not durable";
  node().persist();
  EXPECT_FALSE(state().has("a")) << "the host is called from a turn only";
  node().turn();
  ASSERT_TRUE(state().has("a"));
  EXPECT_EQ(state().entries.back().at.index, at.index);
  EXPECT_EQ(state().entries.back().at.term, at.term);
}

TEST_F(SingleNode, OneTurnWritesAllGroupsInOneCall) {
  for (std::uint64_t range = 1; range <= 20; ++range) cluster_.open_everywhere({range, 1});
  cluster_.ticks(60);
  for (std::uint64_t range = 1; range <= 20; ++range) ASSERT_EQ(node().propose({range, 1}, "x"), TENON_OK);
  const std::uint64_t calls = node().journal().calls();
  node().turn();
  EXPECT_EQ(node().journal().calls(), calls + 1);
  node().settle();
  for (std::uint64_t range = 1; range <= 20; ++range) EXPECT_TRUE(node().group({range, 1}).has("x"));
}

TEST_F(SingleNode, WhatWasAppliedIsThereAfterACrashAndNotAppliedAgain) {
  lead();
  ASSERT_EQ(node().propose(group, "a"), TENON_OK);
  node().settle();
  node().crash();
  node().start();
  node().open(group, {});
  ASSERT_EQ(cluster_.await_leader(group), 1u);
  cluster_.ticks(2);
  EXPECT_EQ(state().count("a"), 1u);
  EXPECT_EQ(state().poison, "");
}

TEST_F(SingleNode, WhatWasNotDurableIsGoneAfterACrash) {
  lead();
  ASSERT_EQ(node().propose(group, "lost"), TENON_OK);
  node().turn();
  node().crash();
  node().start();
  node().open(group, {});
  ASSERT_EQ(cluster_.await_leader(group), 1u);
  ASSERT_EQ(node().propose(group, "kept"), TENON_OK);
  node().settle();
  EXPECT_FALSE(state().has("lost"));
  EXPECT_TRUE(state().has("kept"));
}

TEST_F(SingleNode, AStateLostBeforeItWasDurableIsFilledFromTheLog) {
  lead();
  ASSERT_EQ(node().propose(group, "a"), TENON_OK);
  node().settle();
  node().crash();
  node().start();
  state().applied = {1, 1};
  state().entries.resize(1);
  node().open(group, {});
  ASSERT_EQ(cluster_.await_leader(group), 1u);
  cluster_.ticks(2);
  EXPECT_EQ(state().count("a"), 1u);
}

TEST_F(SingleNode, AFounderThatCrashesBeforeItsFirstWriteFoundsAgain) {
  node().open(group, {{1}});
  node().turn();
  node().crash();
  node().start();
  EXPECT_FALSE(node().journal().has(group));
  state() = TestGroup{};
  node().open(group, {{1}});
  ASSERT_EQ(cluster_.await_leader(group), 1u);
  EXPECT_EQ(state().poison, "");
}

TEST_F(SingleNode, EntriesThatTheStateCantTakeYetComeAgain) {
  lead();
  state().apply_status = TENON_AGAIN;
  ASSERT_EQ(node().propose(group, "a"), TENON_OK);
  node().turn();
  node().persist();
  EXPECT_EQ(node().turn(), 1u) << "there is more to do";
  EXPECT_EQ(node().turn(), 1u);
  EXPECT_FALSE(state().has("a"));
  EXPECT_EQ(node().propose(group, "b"), TENON_E_BUSY);
  EXPECT_GT(node().host().metric("apply_waits_total"), 1);
  state().apply_status = TENON_OK;
  node().settle();
  EXPECT_EQ(state().count("a"), 1u);
  EXPECT_EQ(node().propose(group, "b"), TENON_OK);
}

TEST_F(SingleNode, AStateThatFailsPoisonsItsGroupOnly) {
  lead();
  cluster_.open_everywhere({2, 1});
  ASSERT_EQ(cluster_.await_leader({2, 1}), 1u);
  cluster_.ticks(2);
  state().apply_status = TENON_E_IO;
  ASSERT_EQ(node().propose(group, "a"), TENON_OK);
  node().settle();
  EXPECT_NE(state().poison.find("could not apply"), std::string::npos) << state().poison;
  EXPECT_EQ(node().propose(group, "b"), TENON_E_STATE);
  EXPECT_EQ(node().host().health(), TENON_HEALTH_DEGRADED);
  EXPECT_EQ(node().host().metric("groups_poisoned_total"), 1);
  EXPECT_EQ(node().propose({2, 1}, "c"), TENON_OK);
  node().kind().group_close(state().handle);
  state().handle = nullptr;
  node().settle();
  EXPECT_EQ(node().host().health(), TENON_HEALTH_OK);
  EXPECT_TRUE(node().group({2, 1}).has("c"));
}

TEST_F(SingleNode, AReadIsAnsweredWithAnIndexThatCoversWhatWasApplied) {
  lead();
  ASSERT_EQ(node().propose(group, "a"), TENON_OK);
  node().settle();
  ASSERT_EQ(node().kind().read_index(state().handle, 77), TENON_OK);
  node().settle();
  ASSERT_TRUE(state().reads.contains(77));
  EXPECT_EQ(state().reads[77].first, TENON_OK);
  EXPECT_GE(state().reads[77].second, state().entries.back().at.index);
}

TEST_F(SingleNode, TooMuchUncommittedIsRefusedUntilSomeIsCommitted) {
  lead();
  const std::string large(5 << 20, 'x');
  int taken = 0;
  while (taken < 100 && node().propose(group, large) == TENON_OK) ++taken;
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(node().propose(group, "a"), TENON_E_BUSY);
  EXPECT_GE(node().status(group).uncommitted_bytes, 16u << 20);
  EXPECT_EQ(node().host().metric("proposals_refused_total"), 2);
  node().settle();
  EXPECT_EQ(node().propose(group, "a"), TENON_OK);
}

TEST_F(SingleNode, AGroupOpensOnce) {
  lead();
  const tenon_membership membership = state().members.view();
  tenon_group_open open{};
  open.struct_size = sizeof open;
  open.id = group;
  open.membership = &membership;
  tenon_group* second = nullptr;
  std::string why;
  EXPECT_EQ(node().try_open(open, &second, &why), TENON_E_EXISTS);
}

TEST_F(SingleNode, AMessageThatDoesNotHoldTogetherIsRefusedAndCounted) {
  lead();
  node().step({{2, 1, group, "nonsense"}, {2, 1, {9, 9}, "for nobody"}});
  node().settle();
  EXPECT_EQ(node().host().metric("messages_refused_total{reason=\"malformed\"}"), 1);
  EXPECT_EQ(node().host().metric("messages_refused_total{reason=\"no_group\"}"), 1);
  EXPECT_NE(node().host().log_text().find("raft.message_refused"), std::string::npos);
}

}  // namespace
}  // namespace tenon::test
