#include <gtest/gtest.h>

#include "test_cluster.h"

namespace tenon::test {
namespace {

// Three nodes, of which one missed what the log no longer has.
class Snapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.open_everywhere(group);
    leader_ = cluster_.await_leader(group);
    lagging_ = leader_ % 3 + 1;
    cluster_.ticks(5);
    cluster_.isolate(lagging_, true);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(leader().propose(group, "e" + std::to_string(i)), TENON_OK);
    cluster_.ticks(5);
    for (std::uint64_t id = 1; id <= 3; ++id)
      if (id != lagging_) cluster_.node(id).journal().compact(group, 20);
    ASSERT_GT(leader().journal().base_index(group), lagging().journal().last_index(group));
  }
  TestNode& leader() { return cluster_.node(leader_); }
  TestNode& lagging() { return cluster_.node(lagging_); }
  bool wanted() { return !leader().group(group).snapshots_wanted.empty(); }

  TestCluster cluster_{3, 7};
  std::uint64_t leader_ = 0;
  std::uint64_t lagging_ = 0;
};

TEST_F(Snapshot, AMemberThatTheLogCantHelpGetsTheStateAndGoesOn) {
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  EXPECT_EQ(leader().group(group).snapshots_wanted, std::vector<std::uint64_t>{lagging_});
  ASSERT_EQ(cluster_.ship_snapshots(group), 1);
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(20);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "e29"));
  EXPECT_TRUE(cluster_.applied_everywhere(group, "after"));
  EXPECT_EQ(lagging().host().metric("snapshots_installed_total"), 1);
  EXPECT_GE(lagging().journal().base_index(group), 20u);
}

TEST_F(Snapshot, TheStateIsAskedForOnceUntilItWasSent) {
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  cluster_.ticks(500);
  EXPECT_EQ(leader().group(group).snapshots_wanted.size(), 1u);
  leader().group(group).snapshots_wanted.clear();
  leader().kind().snapshot_sent(leader().group(group).handle, lagging_, TENON_E_CLOSED, 0);
  EXPECT_TRUE(cluster_.until([&] { return wanted(); }, 100)) << "a failure is followed by another attempt";
}

TEST_F(Snapshot, AMemberVotesWhileAStateIsOnItsWay) {
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  leader().crash();
  EXPECT_TRUE(cluster_.until([&] { return cluster_.leader(group) != 0; }));
}

TEST_F(Snapshot, AStateThatIsOlderThanTheMemberIsRefused) {
  const TestGroup old = leader().group(group);
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  ASSERT_EQ(cluster_.ship_snapshots(group), 1);
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(20);
  ASSERT_TRUE(lagging().group(group).has("after"));
  EXPECT_EQ(lagging().install(old), TENON_E_STALE);
  EXPECT_EQ(leader().install(old), TENON_E_STALE);
  cluster_.ticks(5);
  EXPECT_TRUE(lagging().group(group).has("after"));
}

// To begin its log anew, it would have to forget entries that it acknowledged.
TEST(SnapshotOfHeldEntries, IsNotNeeded) {
  TestCluster cluster(3, 7);
  cluster.open_everywhere(group);
  TestNode& leader = cluster.node(cluster.await_leader(group));
  cluster.ticks(5);
  const std::uint64_t follower = leader.id() % 3 + 1;
  ASSERT_EQ(leader.propose(group, "a"), TENON_OK);
  cluster.rounds(2);  // the entry is there and durable
  cluster.isolate(follower, true);
  cluster.rounds(2);
  ASSERT_TRUE(leader.group(group).has("a"));
  ASSERT_FALSE(cluster.node(follower).group(group).has("a"));
  EXPECT_EQ(cluster.node(follower).install(leader.group(group)), TENON_E_STALE);
  cluster.node(follower).settle();
  EXPECT_EQ(cluster.node(follower).group(group).count("a"), 1u) << "it is known to be committed";
}

TEST_F(Snapshot, ACrashBetweenStateAndLogLosesNothing) {
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  ASSERT_EQ(cluster_.ship_snapshots(group), 1);
  lagging().turn();
  lagging().crash(0);
  lagging().start();
  lagging().open(group, {});
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(60);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "after"));
  EXPECT_GE(lagging().journal().base_index(group), 20u);
}

TEST_F(Snapshot, AStateWithAnotherMembershipBringsIt) {
  cluster_.node(leader_).change(group, {{1, 2, 3}, {}, {9}});
  cluster_.ticks(5);
  cluster_.isolate(lagging_, false);
  ASSERT_TRUE(cluster_.until([&] { return wanted(); }));
  ASSERT_EQ(cluster_.ship_snapshots(group), 1);
  cluster_.ticks(20);
  EXPECT_EQ(lagging().group(group).members.learners, std::vector<std::uint64_t>{9});
  lagging().crash();
  lagging().start();
  lagging().open(group, {});
  cluster_.ticks(60);
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(5);
  EXPECT_TRUE(cluster_.applied_everywhere(group, "after"));
}

TEST_F(Snapshot, ALogThatIsCutWhileItIsReadPoisonsNobody) {
  cluster_.isolate(lagging_, false);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(leader().propose(group, "f" + std::to_string(i)), TENON_OK);
    for (std::uint64_t id = 1; id <= 3; ++id)
      if (cluster_.node(id).journal().has(group))
        cluster_.node(id).journal().compact(group, cluster_.node(id).group(group).applied.index);
    cluster_.tick();
    cluster_.ship_snapshots(group);
  }
  cluster_.ticks(60);
  for (int i = 0; i < 3; ++i) {
    cluster_.ship_snapshots(group);
    cluster_.ticks(60);
  }
  EXPECT_TRUE(cluster_.applied_everywhere(group, "f39"));
}

}  // namespace
}  // namespace tenon::test
