#include <gtest/gtest.h>

#include "unit/store/snapshot/test_cluster.h"

namespace tenon::store::test {
namespace {

// A node whose link holds, but to which nothing of the groups comes through.
class LogKeepingTest : public ::testing::Test {
 protected:
  TestCluster& make(std::uint64_t entries_for_live_max) {
    ReplicasOptions options = TestCluster::small_options();
    options.log_keeping.entries_for_live_max = entries_for_live_max;
    cluster_ = std::make_unique<TestCluster>("memory", options);
    cluster_->write("early", "1");
    leader_ = cluster_->await_leader();
    lagging_ = (leader_ + 1) % 3;
    EXPECT_TRUE(cluster_->until([&] { return cluster_->is_level(lagging_); }));
    cluster_->deafen(lagging_);
    return *cluster_;
  }
  std::uint64_t held() { return cluster_->node(lagging_).replica(cluster_->range()).range().applied().index; }
  std::uint64_t base() { return cluster_->node(leader_).log_base(cluster_->range()); }

  std::unique_ptr<TestCluster> cluster_;
  std::size_t leader_ = 0;
  std::size_t lagging_ = 0;
};

TEST_F(LogKeepingTest, WhatAMemberLacksThatIsThereIsNotCut) {
  make(1000).write_many(60);
  EXPECT_LE(base(), held());
}

TEST_F(LogKeepingTest, OneThatLagsTooFarDoesNotHoldTheLog) {
  make(20).write_many(60);
  EXPECT_GT(base(), held());
}

TEST_F(LogKeepingTest, OneThatWentAwayDoesNotHoldTheLog) {
  TestCluster& cluster = make(1000);
  cluster.isolate(lagging_, true);
  cluster.write_many(60);
  EXPECT_GT(base(), held());
}

}  // namespace
}  // namespace tenon::store::test
