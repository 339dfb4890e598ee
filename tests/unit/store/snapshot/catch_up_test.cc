#include <gtest/gtest.h>

#include "unit/store/snapshot/test_cluster.h"

namespace tenon::store::test {
namespace {

using Kind = SnapshotMessage::Kind;

// One of three nodes was away for so long that the others' logs no longer have what it lacks.
class CatchUp : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { lose(make()); }
  TestCluster& make(ReplicasOptions options = TestCluster::small_options()) {
    cluster_ = std::make_unique<TestCluster>(GetParam(), options);
    return *cluster_;
  }
  void lose(TestCluster& cluster) {
    cluster.write("early", "1");
    leader_ = cluster.await_leader();
    lagging_ = (leader_ + 1) % 3;
    ASSERT_TRUE(cluster.until([&] { return cluster.is_level(lagging_); }));
    cluster.isolate(lagging_, true);
    cluster.write_many(30);
    ASSERT_TRUE(cluster.until([&] { return cluster.is_lost(lagging_); }));
  }
  void return_and_level() {
    cluster_->isolate(lagging_, false);
    expect_level();
  }
  void expect_level() {
    cluster_->write("late", "2");
    ASSERT_TRUE(cluster_->until([&] { return cluster_->is_level(lagging_); }));
    expect_content();
  }
  void expect_content() {
    TestNode& node = cluster_->node(lagging_);
    EXPECT_EQ(node.value(cluster_->range(), "early"), "1");
    EXPECT_EQ(node.value(cluster_->range(), "k29"), std::string(40, 'v'));
    EXPECT_EQ(node.value(cluster_->range(), "late"), "2");
    EXPECT_EQ(node.failures, std::vector<std::string>{});
  }

  std::unique_ptr<TestCluster> cluster_;
  std::size_t leader_ = 0;
  std::size_t lagging_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, CatchUp, ::testing::Values("memory", "sqlite"),
                         [](const auto& name) { return std::string(name.param); });

// With an engine that keeps what it has.
class CatchUpOnDisk : public CatchUp {};
INSTANTIATE_TEST_SUITE_P(Engines, CatchUpOnDisk, ::testing::Values("sqlite"),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(CatchUp, TheStateComesInChunksAndTheLogGoesOnBehindIt) {
  return_and_level();
  EXPECT_GT(cluster_->chunks_sent, 5u);
  EXPECT_EQ(cluster_->node(leader_).replicas().outgoing().under_way(), 0u);
  EXPECT_EQ(cluster_->node(lagging_).replicas().incoming().under_way(), 0u);
}

TEST_P(CatchUp, WhatWasErasedMeanwhileIsGone) {
  TestNode& leader = cluster_->node(leader_);
  kv::Command command;
  command.text = "erase early";
  leader.replicas().request(cluster_->range(), Request::Kind::command, command, {NodeId::none, 1});
  cluster_->isolate(lagging_, false);
  cluster_->write("late", "2");
  ASSERT_TRUE(cluster_->until([&] { return cluster_->is_level(lagging_); }));
  EXPECT_EQ(cluster_->node(lagging_).value(cluster_->range(), "early"), "none");
}

TEST_P(CatchUp, SendersAreKnownAgain) {
  return_and_level();
  // The one that caught up leads: it alone knows by the state that the number was used.
  cluster_->isolate(leader_, true);
  cluster_->isolate((leader_ + 2) % 3, true);
  std::size_t rows = 0;
  const std::string prefix = kv::range_key(cluster_->range());
  ASSERT_TRUE(cluster_->node(lagging_).replicas().settle().ok());
  const Status walked =
      cluster_->node(lagging_).engine().scan(source_space, prefix, kv::end_of_prefix(prefix),
                                             [&](std::string_view, std::string_view) { return ++rows; });
  ASSERT_TRUE(walked.ok());
  EXPECT_EQ(rows, 32u);
}

TEST_P(CatchUpOnDisk, WhatWasCaughtUpSurvivesARestart) {
  return_and_level();
  cluster_->stop(lagging_);
  cluster_->start(lagging_);
  ASSERT_TRUE(cluster_->until([&] { return cluster_->is_level(lagging_); }));
  expect_content();
}

TEST_P(CatchUpOnDisk, AStateMayBeWhatBringsANodeUpToDateAgain) {
  cluster_->stop(lagging_);
  cluster_->start(lagging_);
  ASSERT_TRUE(cluster_->until([&] { return cluster_->is_level(lagging_); }));
  EXPECT_GT(cluster_->chunks_sent, 0u);
  EXPECT_EQ(cluster_->node(lagging_).caught_up_count, 1u) << "without waiting for the next entry";
}

TEST_P(CatchUp, ALinkThatBreaksIsGoneOnWithFromWhereItWas) {
  std::vector<std::uint64_t> begins;  // the first chunk behind each break
  std::size_t breaks = 0;
  cluster_->on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    if (message.kind != Kind::chunk) return true;
    if (begins.size() < breaks) begins.push_back(message.number);
    if (breaks == 2 || message.number < breaks * 4 + 5) return true;
    ++breaks;
    cluster_->isolate(lagging_, true);
    return false;
  };
  cluster_->isolate(lagging_, false);
  for (std::size_t i = 1; i <= 2; ++i) {
    ASSERT_TRUE(cluster_->until([&] { return breaks == i; }));
    for (int j = 0; j < 20; ++j) cluster_->round();
    cluster_->isolate(lagging_, false);
  }
  expect_level();
  ASSERT_EQ(begins.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_GE(begins[i], i * 4 + 4) << "what was acknowledged is not sent again";
    EXPECT_LE(begins[i], i * 4 + 5) << "what was lost is";
  }
}

TEST_P(CatchUp, ADamagedChunkIsLeftOutAndComesAgain) {
  std::size_t damaged = 0;
  cluster_->on_snapshot = [&](Packet& packet, const SnapshotMessage& message) {
    if (message.kind == Kind::chunk && message.number == damaged * 2 && damaged < 3) {
      ++damaged;
      packet.body.back() = static_cast<char>(packet.body.back() ^ 1);
    }
    return true;
  };
  return_and_level();
  EXPECT_EQ(damaged, 3u);
}

TEST_P(CatchUp, LostAnswersDoNoHarm) {
  std::size_t lost = 0;
  cluster_->on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    return message.kind == Kind::chunk || message.kind == Kind::stale || ++lost % 2 == 0;
  };
  return_and_level();
  EXPECT_GT(lost, 1u);
}

TEST_P(CatchUpOnDisk, AReceiverThatCrashesHasItsOldStateAndBeginsAnew) {
  const kv::LogPoint before = cluster_->node(lagging_).replica(cluster_->range()).range().applied();
  ASSERT_TRUE(cluster_->node(lagging_).replicas().settle().ok());
  bool is_over = false;
  cluster_->on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    if (is_over || message.kind != Kind::chunk || message.number != 5) return true;
    is_over = true;
    cluster_->stop(lagging_);
    return false;
  };
  cluster_->isolate(lagging_, false);
  ASSERT_TRUE(cluster_->until([&] { return is_over; }));
  cluster_->start(lagging_);
  EXPECT_EQ(cluster_->node(lagging_).replica(cluster_->range()).range().applied(), before);
  EXPECT_EQ(cluster_->node(lagging_).value(cluster_->range(), "early"), "1");
  EXPECT_EQ(cluster_->node(lagging_).value(cluster_->range(), "k0"), "none");
  expect_level();
}

TEST_P(CatchUpOnDisk, AStateThatIsBeingPutInItsPlaceWhenTheDiskFillsUpWaitsForRoom) {
  TestNode& node = cluster_->node(lagging_);
  const Replica& replica = node.replica(cluster_->range());
  cluster_->isolate(lagging_, false);
  ASSERT_TRUE(cluster_->until([&] { return replica.installing(); }));
  node.disk().full_part = "/sqlite/";
  ASSERT_TRUE(cluster_->until([&] { return node.disk().refused_count >= 3; })) << "it is tried again";
  EXPECT_TRUE(replica.installing());
  EXPECT_FALSE(replica.failed());
  EXPECT_EQ(node.failures.size(), 1u) << "which is told once";
  node.disk().full_part.clear();
  node.failures.clear();
  expect_level();
}

// Among the writes that find no room is the one that decides that the state is the node's.
TEST_P(CatchUpOnDisk, WhicheverWriteOfAStateFindsNoRoomTheReplicaWaitsForIt) {
  for (int room = 0; room < 40; room += 1) {
    SCOPED_TRACE(room);
    TestNode& node = cluster_->node(lagging_);
    node.disk().full_part = "/sqlite/";
    node.disk().room_for_writes = room;
    node.disk().refused_count = 0;
    cluster_->isolate(lagging_, false);
    cluster_->write("late", "2");
    const bool was_full =
        cluster_->until([&] { return node.disk().refused_count > 0 || cluster_->is_level(lagging_); });
    ASSERT_TRUE(was_full);
    for (int i = 0; i < 20; ++i) cluster_->round();
    EXPECT_FALSE(node.replica(cluster_->range()).failed());
    node.disk().full_part.clear();
    node.failures.clear();
    expect_level();
    cluster_->isolate(lagging_, true);
    cluster_->write_many(30);
    ASSERT_TRUE(cluster_->until([&] { return cluster_->is_lost(lagging_); }));
  }
}

TEST_P(CatchUp, TheLogIsNotCutAboveWhereAStateStandsThatIsOnItsWay) {
  bool is_held = false;
  std::uint64_t index = 0;
  cluster_->on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    if (message.kind != Kind::chunk || message.number < 3) return true;
    if (!is_held) index = kv::decode_snapshot_chunk(message.chunk).value().id.applied.index;
    is_held = true;
    return false;
  };
  cluster_->isolate(lagging_, false);
  ASSERT_TRUE(cluster_->until([&] { return is_held; }));
  cluster_->write_many(60);
  EXPECT_LE(cluster_->node(leader_).log_base(cluster_->range()), index);
  cluster_->on_snapshot = nullptr;
  expect_level();
}

TEST_P(CatchUp, ANewLeaderSendsItsOwn) {
  bool is_over = false;
  cluster_->on_snapshot = [&](Packet&, const SnapshotMessage& message) {
    if (is_over || message.kind != Kind::chunk || message.number != 5) return true;
    is_over = true;
    cluster_->isolate(leader_, true);
    return false;
  };
  cluster_->isolate(lagging_, false);
  ASSERT_TRUE(cluster_->until([&] { return is_over; }));
  ASSERT_TRUE(cluster_->until([&] { return cluster_->await_leader() != leader_; }));
  expect_level();
  cluster_->isolate(leader_, false);
  ASSERT_TRUE(cluster_->until([&] { return cluster_->is_level(leader_); }));
  EXPECT_EQ(cluster_->node(leader_).replicas().outgoing().under_way(), 0u);
}

}  // namespace
}  // namespace tenon::store::test
