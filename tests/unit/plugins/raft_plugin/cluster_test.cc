#include <gtest/gtest.h>

#include "test_cluster.h"

namespace tenon::test {
namespace {

class ClusterOf : public ::testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Nodes, ClusterOf, ::testing::Values(1, 3, 5),
                         [](const auto& nodes) { return std::to_string(nodes.param); });

TEST_P(ClusterOf, OneNodeLeadsAndAllKnowIt) {
  TestCluster cluster(GetParam(), 1);
  cluster.open_everywhere(group);
  const std::uint64_t leader = cluster.await_leader(group);
  cluster.ticks(10);
  for (std::uint64_t id = 1; id <= GetParam(); ++id) {
    EXPECT_EQ(cluster.node(id).group(group).role.leader, leader);
    EXPECT_EQ(cluster.node(id).group(group).leads(), id == leader);
  }
  EXPECT_EQ(cluster.node(leader).host().metric("elections_won_total"), 1);
  EXPECT_NE(cluster.node(leader).host().log_text().find("raft.leader_elected"), std::string::npos);
}

TEST_P(ClusterOf, WhatTheLeaderTakesIsAppliedByAllInOneOrder) {
  TestCluster cluster(GetParam(), 2);
  cluster.open_everywhere(group);
  TestNode& leader = cluster.node(cluster.await_leader(group));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(leader.propose(group, "e" + std::to_string(i)), TENON_OK);
  cluster.ticks(10);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(cluster.applied_everywhere(group, "e" + std::to_string(i)));
}

TEST_P(ClusterOf, AMemberOfANewGroupThatIsToldToStandForElectionLeadsAtOnce) {
  TestCluster cluster(GetParam(), 3);
  cluster.open_everywhere(group);
  TestNode& first = cluster.node(1);
  first.kind().campaign(first.group(group).handle);
  // Shorter than anybody waits before he stands by himself.
  EXPECT_TRUE(cluster.until([&] { return first.group(group).leads(); }, 8));
  EXPECT_EQ(cluster.leader(group), 1u);
}

class ThreeNodes : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.open_everywhere(group);
    leader_ = cluster_.await_leader(group);
    cluster_.ticks(5);
  }
  TestNode& leader() { return cluster_.node(leader_); }
  // A node that does not lead.
  std::uint64_t follower() const { return leader_ % 3 + 1; }

  TestCluster cluster_{3, 3};
  std::uint64_t leader_ = 0;
};

TEST_F(ThreeNodes, WhoStandsForElectionWhereSomebodyLeadsDoesNoHarm) {
  TestNode& other = cluster_.node(follower());
  other.kind().campaign(other.group(group).handle);
  leader().kind().campaign(leader().group(group).handle);
  cluster_.ticks(20);
  EXPECT_EQ(cluster_.leader(group), leader_);
}

TEST_F(ThreeNodes, AFollowerTakesNoProposal) {
  EXPECT_EQ(cluster_.node(follower()).propose(group, "a"), TENON_E_STATE);
}

TEST_F(ThreeNodes, AnAnswerThatSaysDurableLeavesOnlyWhenItIs) {
  ASSERT_EQ(leader().propose(group, "a"), TENON_OK);
  leader().settle();
  std::vector<SentMessage> to_follower;
  for (SentMessage& message : leader().take_sent())
    if (message.to == follower()) to_follower.push_back(std::move(message));
  TestNode& node = cluster_.node(follower());
  node.step(to_follower);
  node.turn();
  EXPECT_EQ(node.journal().queued_calls(), 1u);
  EXPECT_TRUE(node.take_sent().empty()) << "the entry is not durable";
  node.persist();
  node.turn();
  EXPECT_FALSE(node.take_sent().empty());
}

TEST_F(ThreeNodes, MessagesOfATurnLeaveInOneCallSideBySideForEachReceiver) {
  for (std::uint64_t range = 2; range <= 6; ++range) cluster_.open_everywhere({range, 1});
  cluster_.ticks(60);
  for (std::uint64_t range = 1; range <= 6; ++range) {
    const tenon_group_id id{range, 1};
    cluster_.node(cluster_.leader(id)).propose(id, "x");
  }
  for (std::uint64_t id = 1; id <= 3; ++id) {
    TestNode& node = cluster_.node(id);
    const std::uint32_t calls = node.send_calls();
    node.turn();
    EXPECT_LE(node.send_calls(), calls + 1);
    const std::vector<SentMessage> sent = node.take_sent();
    for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_LE(sent[i - 1].to, sent[i].to);
  }
}

TEST_F(ThreeNodes, ANewLeaderIsElectedWhenTheOldOneDies) {
  leader().crash();
  cluster_.until([&] { return cluster_.leader(group) != 0; });
  const std::uint64_t second = cluster_.leader(group);
  ASSERT_NE(second, 0u);
  ASSERT_NE(second, leader_);
  ASSERT_EQ(cluster_.node(second).propose(group, "after"), TENON_OK);
  cluster_.ticks(5);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "after"));
  leader().start();
  leader().open(group, {});
  cluster_.ticks(40);
  EXPECT_EQ(leader().group(group).count("after"), 1u);
}

TEST_F(ThreeNodes, ACommittedEntrySurvivesTheCrashOfAllNodes) {
  ASSERT_EQ(leader().propose(group, "a"), TENON_OK);
  cluster_.ticks(5);
  ASSERT_TRUE(cluster_.applied_everywhere(group, "a"));
  for (std::uint64_t id = 1; id <= 3; ++id) cluster_.node(id).crash();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    cluster_.node(id).start();
    cluster_.node(id).open(group, {});
  }
  const std::uint64_t second = cluster_.await_leader(group);
  ASSERT_EQ(cluster_.node(second).propose(group, "b"), TENON_OK);
  cluster_.ticks(5);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "a"));
  EXPECT_TRUE(cluster_.applied_everywhere(group, "b"));
}

TEST_F(ThreeNodes, ALeaderCutOffStepsDownAndItsProposalsAreLost) {
  cluster_.isolate(leader_, true);
  ASSERT_EQ(leader().propose(group, "lost"), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return !leader().group(group).leads() && cluster_.leader(group) != 0; }));
  ASSERT_EQ(cluster_.node(cluster_.leader(group)).propose(group, "won"), TENON_OK);
  cluster_.ticks(5);
  cluster_.isolate(leader_, false);
  cluster_.ticks(60);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "won"));
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_FALSE(cluster_.node(id).group(group).has("lost"));
}

TEST_F(ThreeNodes, ATransferMakesTheOtherNodeLead) {
  const std::uint64_t to = follower();
  ASSERT_EQ(leader().kind().transfer(leader().group(group).handle, to), TENON_OK);
  cluster_.ticks(5);
  EXPECT_EQ(cluster_.leader(group), to);
  EXPECT_FALSE(leader().group(group).leads());
}

TEST_F(ThreeNodes, ATransferToANodeThatIsDownIsGivenUp) {
  cluster_.node(follower()).crash();
  ASSERT_EQ(leader().kind().transfer(leader().group(group).handle, follower()), TENON_OK);
  EXPECT_NE(leader().propose(group, "early"), TENON_OK);
  EXPECT_TRUE(cluster_.until([&] { return leader().propose(group, "late") == TENON_OK; }, 60));
}

TEST_F(ThreeNodes, ATransferToNobodyOfTheVotersIsRefused) {
  EXPECT_EQ(leader().kind().transfer(leader().group(group).handle, 99), TENON_E_INVALID);
  TestNode& other = cluster_.node(follower());
  EXPECT_EQ(other.kind().transfer(other.group(group).handle, leader_), TENON_E_STATE);
}

TEST_F(ThreeNodes, AReadAtAnyMemberCoversWhatWasAcknowledgedBefore) {
  tenon_log_point at{};
  ASSERT_EQ(leader().propose(group, "a", &at), TENON_OK);
  cluster_.ticks(3);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    TestGroup& state = cluster_.node(id).group(group);
    ASSERT_EQ(cluster_.node(id).kind().read_index(state.handle, 5), TENON_OK);
    ASSERT_TRUE(cluster_.until([&] { return state.reads.contains(5); }, 10));
    EXPECT_EQ(state.reads[5].first, TENON_OK);
    EXPECT_GE(state.reads[5].second, at.index);
  }
}

TEST_F(ThreeNodes, AReadWithoutAMajorityIsNotAnsweredWithAnIndex) {
  cluster_.isolate(leader_, true);
  TestGroup& state = leader().group(group);
  ASSERT_EQ(leader().kind().read_index(state.handle, 5), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return state.reads.contains(5); }));
  EXPECT_EQ(state.reads[5].first, TENON_E_STATE);
}

TEST_F(ThreeNodes, TheLeaderKnowsHowFarEachMemberIs) {
  ASSERT_EQ(leader().propose(group, "a"), TENON_OK);
  cluster_.ticks(3);
  const tenon_group_status status = leader().status(group);
  ASSERT_EQ(status.peer_count, 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(status.peers[i].match_index, status.last.index);
    EXPECT_EQ(status.peers[i].is_voter, 1u);
  }
  EXPECT_EQ(status.committed, status.last.index);
  EXPECT_EQ(status.applied, status.last.index);
  EXPECT_EQ(status.uncommitted_bytes, 0u);
  EXPECT_EQ(status.role.role, TENON_ROLE_LEADER);
  EXPECT_EQ(cluster_.node(follower()).status(group).peer_count, 0u);
}

}  // namespace
}  // namespace tenon::test
