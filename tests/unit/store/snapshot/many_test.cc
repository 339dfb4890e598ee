#include <gtest/gtest.h>

#include <algorithm>

#include "unit/store/snapshot/test_cluster.h"

namespace tenon::store::test {
namespace {

using Kind = SnapshotMessage::Kind;

// Three ranges, none of which the log can bring to a node that was away.
class ManySnapshots : public ::testing::Test {
 protected:
  TestCluster& make(ReplicasOptions options) {
    cluster_ = std::make_unique<TestCluster>("memory", options, std::vector<std::string>{"l", "p"});
    cluster_->isolate(lagging, true);
    for (std::size_t number = 0; number < cluster_->range_count(); ++number) {
      cluster_->write_many(20, number);
      EXPECT_TRUE(cluster_->until([&] { return cluster_->is_lost(lagging, number); }));
    }
    return *cluster_;
  }
  bool all_level() {
    for (std::size_t number = 0; number < cluster_->range_count(); ++number)
      if (!cluster_->is_level(lagging, number)) return false;
    return true;
  }

  static constexpr std::size_t lagging = 2;
  std::unique_ptr<TestCluster> cluster_;
};

TEST_F(ManySnapshots, NoMoreAreReceivedAtOnceThanAllowed) {
  for (const std::size_t at_once : {1, 2, 3}) {
    ReplicasOptions options = TestCluster::small_options();
    options.snapshots.at_once_max = at_once;
    TestCluster& cluster = make(options);
    std::size_t most = 0;
    std::set<std::uint64_t> ranges;
    cluster.on_snapshot = [&](Packet&, const SnapshotMessage& message) {
      most = std::max(most, cluster.node(lagging).replicas().incoming().under_way());
      for (std::size_t place = 0; place < 2; ++place)
        EXPECT_LE(cluster.node(place).replicas().outgoing().under_way(), at_once);
      if (message.kind == Kind::installed) ranges.insert(message.range.number);
      return true;
    };
    cluster.isolate(lagging, false);
    ASSERT_TRUE(cluster.until([&] { return ranges.size() == 3 && all_level(); })) << at_once;
    EXPECT_EQ(most, at_once);
  }
}

TEST_F(ManySnapshots, AllOfThemTogetherKeepToTheRate) {
  ReplicasOptions options = TestCluster::small_options();
  options.snapshots.bytes_per_s_max = 1000;
  TestCluster& cluster = make(options);
  const MonoNs begin_ns = cluster.now_ns();
  cluster.isolate(lagging, false);
  ASSERT_TRUE(cluster.until([&] { return all_level(); }));
  const auto passed_s = static_cast<std::size_t>((cluster.now_ns() - begin_ns) / ns_per_s) + 1;
  // Two nodes lead at most; each may begin one chunk ahead of its time.
  EXPECT_LE(cluster.bytes_sent, 2 * (passed_s * 1000 + 500));
  EXPECT_GT(passed_s, 1u);
}

TEST_F(ManySnapshots, AReceiverThatNeverAnswersIsGivenUp) {
  TestCluster& cluster = make(TestCluster::small_options());
  std::size_t offers = 0;
  cluster.on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    offers += message.kind == Kind::chunk && message.number == 0;
    return message.kind == Kind::chunk;
  };
  cluster.isolate(lagging, false);
  ASSERT_TRUE(cluster.until([&] { return offers > 0; }));
  const auto under_way = [&] {
    return cluster.node(0).replicas().outgoing().under_way() +
           cluster.node(1).replicas().outgoing().under_way();
  };
  cluster.on_snapshot = [](Packet&, const SnapshotMessage&) { return false; };
  EXPECT_GT(under_way(), 0u);
  cluster.isolate(lagging, true);
  EXPECT_TRUE(cluster.until([&] { return under_way() == 0; }, 10'000));
  cluster.on_snapshot = nullptr;
  cluster.isolate(lagging, false);
  EXPECT_TRUE(cluster.until([&] { return all_level(); }, 20'000))
      << "and is offered it again when it is back";
}

}  // namespace
}  // namespace tenon::store::test
