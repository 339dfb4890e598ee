#include <gtest/gtest.h>

#include "algorithm/configuration.h"
#include "algorithm/parts/configuration_history.h"
#include "algorithm/parts/inflights.h"
#include "algorithm/parts/outbox.h"
#include "algorithm/parts/progress.h"
#include "algorithm/parts/quorum.h"

namespace tenon::raft {
namespace {

Configuration configuration_of(std::vector<NodeId> voters, std::vector<NodeId> outgoing = {},
                               std::vector<NodeId> learners = {}) {
  Configuration configuration{std::move(voters), std::move(outgoing), std::move(learners), 3};
  configuration.normalise();
  return configuration;
}

std::vector<NodeId> ids(std::initializer_list<std::uint64_t> nodes) {
  std::vector<NodeId> result;
  for (const std::uint64_t node : nodes) result.push_back(NodeId{node});
  return result;
}

TEST(Quorum, MajorityValueIsReachedByMoreThanHalf) {
  const auto value_of = [](NodeId node) { return static_cast<std::uint64_t>(node) * 10; };
  EXPECT_EQ(majority_value(ids({1}), value_of), 10u);
  EXPECT_EQ(majority_value(ids({1, 2}), value_of), 10u);
  EXPECT_EQ(majority_value(ids({1, 2, 3}), value_of), 20u);
  EXPECT_EQ(majority_value(ids({1, 2, 3, 4}), value_of), 20u);
  EXPECT_EQ(majority_value(ids({1, 2, 3, 4, 5}), value_of), 30u);
}

TEST(Quorum, ManyVotersNeedNoFixedRoom) {
  std::vector<NodeId> voters;
  for (std::uint64_t node = 1; node <= 101; ++node) voters.push_back(NodeId{node});
  EXPECT_EQ(majority_value(voters, [](NodeId node) { return static_cast<std::uint64_t>(node); }), 51u);
}

TEST(Quorum, JointValueIsTheLowerOne) {
  const auto value_of = [](NodeId node) { return static_cast<std::uint64_t>(node); };
  EXPECT_EQ(quorum_value(configuration_of(ids({4, 5, 6}), ids({1, 2, 3})), value_of), 2u);
  EXPECT_EQ(quorum_value(configuration_of(ids({4, 5, 6})), value_of), 5u);
}

TEST(Quorum, ElectionIsLostWhenAMajorityCantBeReached) {
  EXPECT_EQ(majority_outcome(3, 2, 0), VoteOutcome::won);
  EXPECT_EQ(majority_outcome(3, 1, 1), VoteOutcome::pending);
  EXPECT_EQ(majority_outcome(3, 1, 2), VoteOutcome::lost);
  EXPECT_EQ(majority_outcome(4, 2, 2), VoteOutcome::lost);
  EXPECT_EQ(joint_outcome(VoteOutcome::won, VoteOutcome::pending), VoteOutcome::pending);
  EXPECT_EQ(joint_outcome(VoteOutcome::won, VoteOutcome::lost), VoteOutcome::lost);
}

TEST(Configuration, BytesAreFixed) {
  const std::string bytes = encode_configuration(configuration_of(ids({1}), {}, ids({2})));
  const char expected[] = "\x01\x03\0\0\0\0\0\0\0\x01\0\0\0\x01\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0";
  EXPECT_EQ(bytes, std::string(expected, sizeof expected - 1));
}

TEST(Configuration, ComesBackFromItsBytes) {
  const Configuration joint = configuration_of(ids({1, 2, 3}), ids({3, 4, 5}), ids({4, 9}));
  EXPECT_EQ(decode_configuration(encode_configuration(joint)), joint);
}

TEST(Configuration, DamagedBytesAreRefused) {
  const std::string bytes = encode_configuration(configuration_of(ids({1, 2, 3}), ids({4})));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_configuration(bytes.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(decode_configuration(bytes + "x").has_value());
  EXPECT_FALSE(decode_configuration("\x02" + bytes.substr(1)).has_value());
  std::string unsorted = bytes;
  std::swap(unsorted[15], unsorted[23]);
  EXPECT_FALSE(decode_configuration(unsorted).has_value());
}

TEST(ConfigurationHistory, KnowsWhatWasInForceWhere) {
  ConfigurationHistory history(SnapshotMeta{5, 1, configuration_of(ids({1}))});
  history.append(8, configuration_of(ids({1, 2})));
  history.append(9, configuration_of(ids({1, 2, 3})));
  EXPECT_EQ(history.at(7).voters, ids({1}));
  EXPECT_EQ(history.at(8).voters, ids({1, 2}));
  EXPECT_FALSE(history.truncate(10));
  EXPECT_TRUE(history.truncate(9));
  EXPECT_EQ(history.latest_index(), 8u);
  history.compact(8);
  EXPECT_FALSE(history.truncate(6));
  EXPECT_EQ(history.latest().voters, ids({1, 2}));
}

TEST(Inflights, ByteLimitLetsOneThroughAlways) {
  Inflights inflights;
  EXPECT_FALSE(inflights.full(10, 100));
  inflights.add(5, 1000);
  EXPECT_TRUE(inflights.full(10, 100));
  inflights.acknowledge(4);
  EXPECT_TRUE(inflights.full(10, 100));
  inflights.acknowledge(5);
  EXPECT_FALSE(inflights.full(10, 100));
}

TEST(Outbox, MessagesWaitForTheirWriteAndThoseBefore) {
  Outbox outbox;
  Message first;
  first.index = 1;
  Message second;
  second.index = 2;
  outbox.send_durable(first);
  EXPECT_EQ(outbox.begin_write(), 1u);
  outbox.send_durable(second);
  outbox.no_write();
  EXPECT_TRUE(outbox.take().empty());
  outbox.durable(1);
  EXPECT_EQ(outbox.take().size(), 2u);
}

TEST(Progress, RefusalThatIsOldChangesNothing) {
  Progress progress(NodeId{2}, 10);
  progress.acknowledge(5);
  progress.become_replicate();
  EXPECT_FALSE(progress.reject(4, 3));
  EXPECT_TRUE(progress.reject(7, 6));
  EXPECT_EQ(progress.state(), ProgressState::probe);
  EXPECT_EQ(progress.next(), 6u);
}

TEST(Progress, ProbeNeverGoesBelowTheMatch) {
  Progress progress(NodeId{2}, 10);
  progress.acknowledge(5);
  EXPECT_TRUE(progress.reject(9, 0));
  EXPECT_EQ(progress.next(), 6u);
}

TEST(Progress, SnapshotIsGivenUpWithoutASignOfLife) {
  Progress progress(NodeId{2}, 10);
  progress.become_snapshot(20);
  EXPECT_FALSE(progress.tick_snapshot(3));
  progress.snapshot_alive();
  EXPECT_FALSE(progress.tick_snapshot(3));
  EXPECT_FALSE(progress.tick_snapshot(3));
  EXPECT_TRUE(progress.tick_snapshot(3));
  EXPECT_EQ(progress.next(), 21u);
}

}  // namespace
}  // namespace tenon::raft
