#include <gtest/gtest.h>

#include "test_cluster.h"

namespace tenon::test {
namespace {

using Ids = std::vector<std::uint64_t>;

// Node 1 founds alone; the others are there and have the group open, empty.
class Membership : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t id = 2; id <= 4; ++id) cluster_.add(id);
    cluster_.node(1).open(group, {{1}});
    for (std::uint64_t id = 2; id <= 4; ++id) cluster_.node(id).open(group, {});
    ASSERT_EQ(cluster_.await_leader(group), 1u);
    cluster_.ticks(2);
    ASSERT_EQ(cluster_.node(1).propose(group, "first"), TENON_OK);
    cluster_.ticks(2);
  }
  TestNode& leader() { return cluster_.node(cluster_.leader(group)); }
  const Members& members(std::uint64_t id) { return cluster_.node(id).group(group).members; }
  bool consists_of(const Ids& voters) {
    const Members& now = leader().group(group).members;
    return now.voters == voters && now.outgoing.empty() && leader().status(group).change_pending == 0;
  }
  void become(const Ids& voters) {
    ASSERT_EQ(leader().change(group, {voters}), TENON_OK);
    ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(group) != 0 && consists_of(voters); }, 200));
    cluster_.ticks(3);
  }

  TestCluster cluster_{1, 5};
};

TEST_F(Membership, OneGrowsToThree) {
  become({1, 2, 3});
  for (const std::uint64_t id : Ids{1, 2, 3}) {
    EXPECT_EQ(members(id).voters, (Ids{1, 2, 3}));
    EXPECT_TRUE(cluster_.node(id).group(group).has("first"));
  }
  EXPECT_EQ(cluster_.node(2).group(group).role.role, TENON_ROLE_FOLLOWER);
  EXPECT_TRUE(cluster_.node(4).group(group).entries.empty());
}

TEST_F(Membership, ANewVoterLearnsBeforeItCounts) {
  cluster_.isolate(2, true);
  ASSERT_EQ(leader().change(group, {{1, 2}}), TENON_OK);
  cluster_.ticks(20);
  EXPECT_EQ(members(1).voters, Ids{1});
  EXPECT_EQ(members(1).learners, Ids{2});
  EXPECT_EQ(leader().status(group).change_pending, 1u);
  EXPECT_EQ(leader().change(group, {{1, 3}}), TENON_E_STATE);
  ASSERT_EQ(leader().propose(group, "meanwhile"), TENON_OK);
  cluster_.ticks(2);
  EXPECT_TRUE(cluster_.node(1).group(group).has("meanwhile")) << "the learner counts in no majority";
  cluster_.isolate(2, false);
  ASSERT_TRUE(cluster_.until([&] { return consists_of({1, 2}); }, 100));
}

TEST_F(Membership, AChangeToAVoterThatNeverComesIsGivenUp) {
  cluster_.isolate(2, true);
  ASSERT_EQ(leader().change(group, {{1, 2}}), TENON_OK);
  cluster_.ticks(1300);
  EXPECT_EQ(leader().status(group).change_pending, 0u);
  EXPECT_NE(leader().host().log_text().find("raft.change_given_up"), std::string::npos);
  EXPECT_EQ(leader().change(group, {{1}}), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return consists_of({1}) && members(1).learners.empty(); }, 100));
}

TEST_F(Membership, AChangeToAVoterThatMakesNoProgressIsGivenUpHoweverMuchOthersLearn) {
  ASSERT_EQ(leader().change(group, {{1}, {}, {3}}), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return cluster_.node(3).group(group).has("first"); }, 100));
  cluster_.ticks(3);
  cluster_.isolate(2, true);
  ASSERT_EQ(leader().change(group, {{1, 2}, {}, {3}}), TENON_OK);
  for (int i = 0; i < 130; ++i) {
    ASSERT_EQ(leader().propose(group, "more"), TENON_OK);
    cluster_.ticks(10);
  }
  EXPECT_EQ(leader().status(group).change_pending, 0u);
}

TEST_F(Membership, AChangeToAVoterWithoutALinkIsGivenUpSoon) {
  cluster_.isolate(2, true);
  cluster_.tell_peers(2, TENON_PEER_DOWN);
  ASSERT_EQ(leader().change(group, {{1, 2}}), TENON_OK);
  cluster_.ticks(90);
  EXPECT_EQ(leader().status(group).change_pending, 1u) << "a link may break for a while";
  cluster_.ticks(20);
  EXPECT_EQ(leader().status(group).change_pending, 0u);
}

TEST_F(Membership, AChangeGoesOnWhenABrokenLinkIsBackThoughNothingIsWritten) {
  cluster_.isolate(2, true);
  ASSERT_EQ(leader().change(group, {{1}, {}, {2}}), TENON_OK);
  cluster_.isolate(2, false);
  ASSERT_TRUE(cluster_.until([&] { return cluster_.node(2).group(group).has("first"); }, 100));
  cluster_.ticks(3);
  for (const std::uint32_t state : {TENON_PEER_DOWN, TENON_PEER_UP}) cluster_.tell_peers(2, state);
  ASSERT_EQ(leader().change(group, {{1, 2}}), TENON_OK);
  EXPECT_TRUE(cluster_.until([&] { return consists_of({1, 2}); }, 50));
}

TEST_F(Membership, AMemberIsSwappedForAnother) {
  become({1, 2, 3});
  become({1, 2, 4});
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(5);
  for (const std::uint64_t id : Ids{1, 2, 4})
    EXPECT_EQ(cluster_.node(id).group(group).count("after"), 1u) << id;
  EXPECT_FALSE(cluster_.node(3).group(group).has("after"));
}

TEST_F(Membership, ALeaderThatIsRemovedHandsOver) {
  become({1, 2, 3});
  const std::uint64_t old = cluster_.leader(group);
  Ids rest{1, 2, 3};
  std::erase(rest, old);
  ASSERT_EQ(leader().change(group, {rest}), TENON_OK);
  ASSERT_TRUE(cluster_.until(
      [&] {
        const std::uint64_t now = cluster_.leader(group);
        return now != 0 && now != old && consists_of(rest);
      },
      200));
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(5);
  for (const std::uint64_t id : rest) EXPECT_TRUE(cluster_.node(id).group(group).has("after"));
}

TEST_F(Membership, ALearnerFollowsAndDoesNotVote) {
  ASSERT_EQ(leader().change(group, {{1}, {}, {2}}), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return cluster_.node(2).group(group).has("first"); }, 100));
  cluster_.ticks(3);
  EXPECT_EQ(cluster_.node(2).group(group).role.role, TENON_ROLE_LEARNER);
  cluster_.node(1).crash();
  cluster_.ticks(200);
  EXPECT_EQ(cluster_.leader(group), 0u);
}

TEST_F(Membership, AChangeSurvivesTheCrashOfAllMembers) {
  become({1, 2, 3});
  for (const std::uint64_t id : Ids{1, 2, 3}) cluster_.node(id).crash();
  for (const std::uint64_t id : Ids{1, 2, 3}) {
    cluster_.node(id).start();
    cluster_.node(id).open(group, {});
  }
  cluster_.await_leader(group);
  become({1, 2, 4});
  EXPECT_TRUE(cluster_.node(4).group(group).has("first"));
}

TEST_F(Membership, ANewMemberIsFilledByAStateWhereTheLogIsCut) {
  leader().journal().compact(group, leader().group(group).applied.index);
  ASSERT_EQ(leader().change(group, {{1, 2}}), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] {
    cluster_.ship_snapshots(group);
    return consists_of({1, 2});
  }));
  cluster_.ticks(5);
  EXPECT_TRUE(cluster_.node(2).group(group).has("first"));
  EXPECT_EQ(cluster_.node(2).host().metric("snapshots_installed_total"), 1);
}

TEST_F(Membership, AMemberWithoutAStateIsFilledByOneAlthoughTheLogReachesBack) {
  TestNode& joining = cluster_.add(5);
  joining.open(group, {}, TENON_GROUP_NEEDS_STATE);
  ASSERT_EQ(leader().change(group, {{1, 5}}), TENON_OK);
  cluster_.ticks(20);
  EXPECT_TRUE(joining.group(group).entries.empty());
  ASSERT_EQ(leader().propose(group, "meanwhile"), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] {
    cluster_.ship_snapshots(group);
    return consists_of({1, 5});
  }));
  EXPECT_EQ(joining.host().metric("snapshots_installed_total"), 1);
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  cluster_.ticks(5);
  for (const char* data : {"first", "meanwhile", "after"})
    EXPECT_EQ(joining.group(group).count(data), 1u) << data;
}

TEST_F(Membership, AMemberThatStillNeedsItsStateMayCrash) {
  TestNode& joining = cluster_.add(5);
  joining.open(group, {}, TENON_GROUP_NEEDS_STATE);
  ASSERT_EQ(leader().change(group, {{1}, {}, {5}}), TENON_OK);
  cluster_.ticks(20);
  joining.crash();
  joining.start();
  joining.open(group, {}, TENON_GROUP_NEEDS_STATE);
  ASSERT_TRUE(cluster_.until([&] {
    cluster_.ship_snapshots(group);
    return joining.group(group).has("first");
  }));
  EXPECT_EQ(joining.group(group).count("first"), 1u);
  joining.crash();
  joining.start();
  joining.open(group, {});
  ASSERT_EQ(leader().propose(group, "after"), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return joining.group(group).has("after"); }));
}

TEST_F(Membership, AMembershipThatMakesNoSenseIsRefused) {
  EXPECT_EQ(leader().change(group, {{}}), TENON_E_INVALID);
  EXPECT_EQ(leader().change(group, {{1, 1}}), TENON_E_INVALID);
  EXPECT_EQ(leader().change(group, {{1}, {2}}), TENON_E_INVALID);
  EXPECT_EQ(leader().change(group, {{1, 0}}), TENON_E_INVALID);
  EXPECT_EQ(leader().change(group, {{1}, {}, {1}}), TENON_E_INVALID);
  EXPECT_EQ(cluster_.node(2).change(group, {{1}}), TENON_E_STATE);
}

}  // namespace
}  // namespace tenon::test
