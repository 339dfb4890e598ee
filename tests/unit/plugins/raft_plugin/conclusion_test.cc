// A group that has lost its majority goes on as another incarnation, through the plugin's table.

#include <gtest/gtest.h>

#include <string>

#include "test_cluster.h"

namespace tenon::test {
namespace {

constexpr tenon_group_id recovered{1, 2};

class Conclusion : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.open_everywhere(group);
    const std::uint64_t leader = cluster_.await_leader(group);
    ASSERT_EQ(cluster_.node(leader).propose(group, "before"), TENON_OK);
    ASSERT_TRUE(cluster_.until([&] { return cluster_.applied_everywhere(group, "before"); }));
  }
  void lose_one_and_two() {
    cluster_.node(1).crash();
    cluster_.node(2).crash();
    cluster_.tell_peers(1, TENON_PEER_DOWN);
    cluster_.tell_peers(2, TENON_PEER_DOWN);
    ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(group) == 0; }));
  }
  // What a host does: the old group ends where its log does, the new one begins there in a later term.
  void recover_at_three() {
    TestNode& node = cluster_.node(3);
    tenon_log_point end{};
    ASSERT_TRUE(
        cluster_.until([&] { return node.kind().conclude(node.group(group).handle, &end) == TENON_OK; }));
    ASSERT_TRUE(cluster_.until([&] { return node.group(group).applied.index == end.index; }));
    const TestGroup old = node.group(group);
    node.kind().group_close(old.handle);
    node.group(group).handle = nullptr;
    TestGroup& next = node.prepare(recovered);
    next.applied = {end.index, old.role.term + 1};
    next.entries = old.entries;
    next.members = {{3}};
    node.open(recovered, {{3}});
  }

  TestCluster cluster_{3, 11};
};

TEST_F(Conclusion, TheSurvivorGoesOnAloneWithWhatItHas) {
  lose_one_and_two();
  recover_at_three();
  ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(recovered) == 3; }));
  EXPECT_TRUE(cluster_.node(3).group(recovered).has("before"));
  ASSERT_EQ(cluster_.node(3).propose(recovered, "after"), TENON_OK);
  EXPECT_TRUE(cluster_.until([&] { return cluster_.node(3).group(recovered).has("after"); }));
}

TEST_F(Conclusion, ARestartOfTheSurvivorFindsTheNewGroup) {
  lose_one_and_two();
  recover_at_three();
  ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(recovered) == 3; }));
  ASSERT_EQ(cluster_.node(3).propose(recovered, "after"), TENON_OK);
  ASSERT_TRUE(cluster_.until([&] { return cluster_.node(3).group(recovered).has("after"); }));
  cluster_.node(3).crash();
  cluster_.node(3).start();
  cluster_.node(3).open(recovered, {{3}});
  ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(recovered) == 3; }));
  EXPECT_EQ(cluster_.node(3).group(recovered).count("after"), 1u);
}

TEST_F(Conclusion, OldVotersThatReturnAreHeardByNobody) {
  lose_one_and_two();
  recover_at_three();
  ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(recovered) == 3; }));
  const tenon_log_point before = cluster_.node(3).status(recovered).last;
  for (const std::uint64_t id : {1u, 2u}) {
    cluster_.node(id).start();
    cluster_.node(id).open(group, {{1, 2, 3}});
    cluster_.tell_peers(id, TENON_PEER_UP);
  }
  // Two of three: the old group has a leader again, among those whom nobody has told yet.
  const std::uint64_t old_leader = cluster_.await_leader(group);
  ASSERT_EQ(cluster_.node(old_leader).propose(group, "in the past"), TENON_OK);
  cluster_.ticks(200);
  EXPECT_EQ(cluster_.leader(recovered), 3u);
  EXPECT_EQ(cluster_.node(3).status(recovered).role.term, cluster_.node(3).group(recovered).role.term);
  EXPECT_EQ(cluster_.node(3).status(recovered).last.index, before.index);
  EXPECT_FALSE(cluster_.node(3).group(recovered).has("in the past"));
  EXPECT_FALSE(cluster_.node(3).is_open(group));
}

TEST_F(Conclusion, FreshMembersAreFilledFromTheNewGroup) {
  lose_one_and_two();
  recover_at_three();
  ASSERT_TRUE(cluster_.until([&] { return cluster_.leader(recovered) == 3; }));
  for (const std::uint64_t id : {4u, 5u}) {
    cluster_.add(id);
    cluster_.node(id).open(recovered, {}, TENON_GROUP_NEEDS_STATE);
  }
  ASSERT_TRUE(cluster_.until([&] { return cluster_.node(3).change(recovered, {{3, 4, 5}}) == TENON_OK; }));
  ASSERT_TRUE(cluster_.until([&] {
    cluster_.ship_snapshots(recovered);
    return cluster_.node(3).group(recovered).members.voters.size() == 3;
  }));
  ASSERT_EQ(cluster_.node(3).propose(recovered, "after"), TENON_OK);
  EXPECT_TRUE(cluster_.until([&] { return cluster_.applied_everywhere(recovered, "after"); }));
  EXPECT_TRUE(cluster_.node(5).group(recovered).has("before"));
}

TEST_F(Conclusion, IsRefusedToALeader) {
  const std::uint64_t leader = cluster_.await_leader(group);
  tenon_log_point end{};
  TestNode& node = cluster_.node(leader);
  EXPECT_EQ(node.kind().conclude(node.group(group).handle, &end), TENON_E_STATE);
}

}  // namespace
}  // namespace tenon::test
