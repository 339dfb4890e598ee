#include <gtest/gtest.h>

#include <algorithm>

#include "test_cluster.h"

namespace tenon::test {
namespace {

constexpr std::uint64_t groups = 1000;
constexpr int ticks_max = 500;  // some elections, and the default of quiesce_ms several times

class IdleGroups : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = std::make_unique<TestCluster>(3, 11);
    for (std::uint64_t range = 1; range <= groups; ++range) cluster_->open_everywhere({range, 1});
    ASSERT_TRUE(fall_asleep());
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  static std::int64_t awake(std::uint64_t node) { return cluster_->node(node).host().metric("groups_awake"); }
  // Of the nodes that run.
  static std::int64_t awake() {
    std::int64_t sum = 0;
    for (std::uint64_t id = 1; id <= 3; ++id) sum += cluster_->node(id).running() ? awake(id) : 0;
    return sum;
  }
  static bool fall_asleep() {
    return cluster_->until([] { return led_groups() == groups && awake() == 0; }, ticks_max);
  }
  static std::uint64_t writes() {
    std::uint64_t calls = 0;
    for (std::uint64_t id = 1; id <= 3; ++id) calls += cluster_->node(id).journal().calls();
    return calls;
  }
  static std::size_t led_groups() {
    std::size_t count = 0;
    for (std::uint64_t range = 1; range <= groups; ++range)
      count += cluster_->leader({range, 1}) != 0 ? 1 : 0;
    return count;
  }

  static std::unique_ptr<TestCluster> cluster_;
};

std::unique_ptr<TestCluster> IdleGroups::cluster_;

TEST_F(IdleGroups, CostNoMessageWriteOrCallWhenTheyAreAsleep) {
  const std::uint64_t messages = cluster_->messages();
  const std::uint64_t applies = cluster_->applies();
  const std::uint64_t calls = writes();
  cluster_->ticks(100);
  EXPECT_EQ(cluster_->messages(), messages);
  EXPECT_EQ(cluster_->applies(), applies);
  EXPECT_EQ(writes(), calls);
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(cluster_->node(id).turn(), 0u);
}

TEST_F(IdleGroups, WakeOneByOneWhenThereIsSomethingToDo) {
  const tenon_group_id id{17, 1};
  TestNode& leader = cluster_->node(cluster_->leader(id));
  EXPECT_EQ(leader.status(id).quiescent, 1u);
  ASSERT_EQ(leader.propose(id, "x"), TENON_OK);
  cluster_->ticks(5);
  EXPECT_TRUE(cluster_->applied_everywhere(id, "x"));
  EXPECT_EQ(awake(), 3);
  EXPECT_TRUE(fall_asleep());
}

TEST_F(IdleGroups, OfANodeThatDiedGetNewLeadersNotAllAtOnce) {
  cluster_->node(1).crash();
  cluster_->tell_peers(1, TENON_PEER_DOWN);
  std::size_t led = led_groups();
  ASSERT_LT(led, groups);
  std::size_t most = 0;
  EXPECT_TRUE(cluster_->until(
      [&] {
        const std::size_t now = led_groups();
        most = std::max(most, now - std::min(now, led));
        led = now;
        return now == groups;
      },
      ticks_max));
  EXPECT_LT(most, groups / 4) << "campaigns are spread over the election time-out";
  EXPECT_TRUE(fall_asleep()) << "a node that is down keeps nobody awake";
}

}  // namespace
}  // namespace tenon::test
