#include <gtest/gtest.h>

#include <algorithm>

#include "store/disk/engine_layout.h"
#include "store/merges/messages.h"
#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

class MergeOrder : public ::testing::Test {
 protected:
  void make(const std::string& storage = "memory", std::size_t nodes = 3) {
    cluster = std::make_unique<KeeperCluster>(storage, nodes);
    range = cluster->first_range();
    cluster->await_leader(range);
  }
  static bool was_applied(const Answer& answer) {
    return answer.code == AnswerCode::done || answer.code == AnswerCode::duplicate;
  }
  void put(const std::string& key, const std::string& value, std::size_t place = 0) {
    const Answer answer = cluster->await(place, cluster->append(place, key, "put " + key + " " + value));
    EXPECT_TRUE(was_applied(answer)) << static_cast<int>(answer.code);
  }
  RangeId holder(std::size_t place, const std::string& key) {
    return cluster->node(place).keeper().ranges().find(StoreId::meta, key).value_or(RangeId{});
  }
  // Of the range that holds the key. All nodes know the new one.
  RangeId split_at(const std::string& key) {
    const RangeId old = holder(0, key);
    const Answer answer = cluster->run_order(cluster->await_leader(old), old, SplitRange{key});
    EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
    EXPECT_TRUE(cluster->until([&] {
      for (std::size_t place = 0; place < cluster->size(); ++place)
        if (holder(place, key) == old || !replica(place, holder(place, key))) return false;
      return true;
    }));
    const RangeId child = holder(0, key);
    cluster->await_leader(child);
    return child;
  }
  std::uint64_t give_merge(std::size_t place, const RangeId& left, const RangeId& right) {
    return cluster->order(place, left, MergeRanges{right, cluster->epoch(place, right)});
  }
  Answer merge(const RangeId& left, const RangeId& right) {
    const std::size_t place = cluster->await_leader(left);
    return cluster->await(place, give_merge(place, left, right));
  }
  Answer merge_from(std::size_t place, const RangeId& right) {
    return cluster->await(place, give_merge(place, range, right));
  }
  const Replica* replica(std::size_t place, const RangeId& id) {
    return cluster->is_up(place) ? cluster->node(place).keeper().replicas().find(id) : nullptr;
  }
  bool is_frozen_anywhere(const RangeId& id) {
    for (std::size_t place = 0; place < cluster->size(); ++place)
      if (const Replica* found = replica(place, id); found && found->range().is_frozen()) return true;
    return false;
  }
  void expect_no_failures() {
    for (std::size_t place = 0; place < cluster->size(); ++place) {
      if (!cluster->is_up(place)) continue;
      EXPECT_EQ(cluster->node(place).failures, std::vector<std::string>());
    }
  }

  std::unique_ptr<KeeperCluster> cluster;
  RangeId range;
};

TEST_F(MergeOrder, MakesOneRangeOfTwoAtAllNodes) {
  make();
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  const RangeId right = split_at("m");
  put("z", "2", 1);
  const Answer answer = merge(range, right);
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  for (std::size_t place = 0; place < 3; ++place) {
    ASSERT_TRUE(cluster->until([&] { return holder(place, "z") == range; }));
    EXPECT_TRUE(cluster->until([&] { return replica(place, right) == nullptr; }));
    EXPECT_EQ(cluster->node(place).keeper().ranges().descriptor(range)->end, "");
    EXPECT_EQ(cluster->value(place, "a"), "1");
    EXPECT_EQ(cluster->value(place, "m"), "1");
    EXPECT_EQ(cluster->value(place, "z"), "2");
  }
  put("z", "3", 2);
  EXPECT_EQ(cluster->value(0, "z"), "3");
  expect_no_failures();
}

TEST_F(MergeOrder, OfRangesThatHadNothingToDoForLong) {
  make();
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  const RangeId right = split_at("m");
  cluster->rounds(3000);
  const Answer answer = merge(range, right);
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
}

TEST_F(MergeOrder, LeavesNothingOfTheRightRangeButItsItems) {
  make("sqlite");
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  const RangeId right = split_at("m");
  put("z", "2", 1);
  ASSERT_EQ(merge(range, right).code, AnswerCode::done);
  cluster->rounds(100);
  const std::string prefix = kv::range_key(right);
  for (std::size_t place = 0; place < 3; ++place) {
    SCOPED_TRACE(place);
    const auto records = cluster->node(place).records();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].id, range);
    bool has_rows = false;
    const Status walked = cluster->node(place).engine().scan(source_space, prefix, kv::end_of_prefix(prefix),
                                                             [&](std::string_view, std::string_view) {
                                                               has_rows = true;
                                                               return false;
                                                             });
    EXPECT_TRUE(walked.ok());
    EXPECT_FALSE(has_rows);
    EXPECT_EQ(cluster->value(place, "z"), "2");
  }
}

// Appends are open all the time, from all nodes; the items say how often each was applied, and in which
// order.
TEST_F(MergeOrder, OpenAppendsAreAppliedOnceAndThoseOfAKeyInTheirOrder) {
  make();
  const RangeId right = split_at("m");
  const std::vector<std::string> keys = {"a", "d", "m", "q", "z"};
  std::vector<std::vector<std::uint64_t>> tickets(3);
  int number = 0;
  std::vector<std::pair<std::size_t, std::uint64_t>> orders;
  for (int turn = 0; turn < 400; ++turn) {
    ++number;
    for (std::size_t place = 0; place < 3; ++place)
      for (const std::string& key : keys)
        tickets[place].push_back(cluster->append(
            place, key, "log " + key + "/" + std::to_string(place) + " " + std::to_string(number)));
    if (turn == 20) orders.emplace_back(1, give_merge(1, range, right));
    if (turn == 150) orders.emplace_back(0, cluster->order(0, range, SplitRange{"q"}));
    if (turn == 250) orders.emplace_back(2, give_merge(2, range, holder(2, "z")));
    cluster->round();
  }
  for (const auto& [place, order] : orders) {
    const Answer answer = cluster->await(place, order);
    EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  }
  std::string all;
  for (int i = 1; i <= number; ++i) all += "," + std::to_string(i);
  for (std::size_t place = 0; place < 3; ++place) {
    for (const std::uint64_t ticket : tickets[place]) EXPECT_TRUE(was_applied(cluster->await(place, ticket)));
    for (const std::string& key : keys)
      EXPECT_EQ(cluster->value(place, key + "/" + std::to_string(place)), all) << key;
  }
  EXPECT_EQ(holder(0, "z"), range);
  expect_no_failures();
}

// The range uses the number up while the key is another one's, and nobody hears so before it has come back.
TEST_F(MergeOrder, WhatWasPassedOverWithoutBeingHeardOfIsThereOnceAndInItsOrder) {
  make();
  put("m", "1");
  const std::size_t leader = cluster->await_leader(range);
  const std::size_t place = (leader + 1) % 3;
  const auto log = [&](int number) {
    return cluster->append(place, "z", "log z/x " + std::to_string(number));
  };
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.kind != PeerMessage::answer || packet.to != KeeperCluster::id(place);
  };
  const std::uint64_t split = cluster->order(leader, range, SplitRange{"m"});
  std::vector<std::uint64_t> tickets = {log(1), log(2)};
  EXPECT_EQ(cluster->await(leader, split).code, AnswerCode::done);
  cluster->rounds(20);
  const RangeId right = holder(leader, "z");
  EXPECT_EQ(merge_from(leader, right).code, AnswerCode::done);
  ASSERT_TRUE(cluster->until([&] { return holder(place, "z") == range; }));
  EXPECT_EQ(cluster->value(leader, "z/x"), "none");
  tickets.push_back(log(3));
  cluster->rounds(20);
  cluster->on_packet = nullptr;
  for (const std::uint64_t ticket : tickets) EXPECT_TRUE(was_applied(cluster->await(place, ticket)));
  EXPECT_EQ(cluster->value(leader, "z/x"), ",1,2,3");
  expect_no_failures();
}

TEST_F(MergeOrder, IsUnsupportedAsLongAsANodeIsOfAnOlderVersionMemberOrNot) {
  make();
  const RangeId right = split_at("m");
  const std::size_t place = cluster->await_leader(range);
  kv::CommandVersions older;
  older.set(kv::CommandVersions::entries, 7);
  constexpr NodeId sender{99};
  kv::CommandVersions newer;
  newer.set(kv::CommandVersions::entries, kv::command_kind_max);
  for (const NodeId old_node : {KeeperCluster::id((place + 1) % 3), sender}) {
    cluster->node(place).keeper().on_peer(old_node, true, {1, older});
    EXPECT_EQ(merge_from(place, right).code, AnswerCode::unsupported);
    EXPECT_FALSE(is_frozen_anywhere(right));
    cluster->node(place).keeper().on_peer(old_node, true, {2, newer});
  }
  EXPECT_EQ(merge_from(place, right).code, AnswerCode::done);
}

// Whoever dies, and whenever: what was appended is there once, and the ranges are one or two that work.
class MergeDeath : public MergeOrder, public ::testing::WithParamInterface<int> {};

TEST_P(MergeDeath, EndsTheMergeInOneWayOrTheOther) {
  for (std::size_t victim = 0; victim < 3; ++victim) {
    SCOPED_TRACE(std::to_string(victim) + " dies at " + std::to_string(GetParam()));
    make("sqlite");
    const RangeId right = split_at("m");
    const std::vector<std::string> keys = {"a", "m", "z"};
    const std::size_t place = (victim + 1) % 3;
    std::vector<std::uint64_t> tickets;
    int number = 0;
    for (int turn = 0; turn < 80; ++turn) {
      ++number;
      for (const std::string& key : keys)
        tickets.push_back(cluster->append(place, key, "log " + key + "/x " + std::to_string(number)));
      if (turn == 15) give_merge(place, range, right);
      if (turn == GetParam()) cluster->stop(victim);
      cluster->round();
    }
    // Two of three are enough.
    EXPECT_TRUE(cluster->until([&] { return !is_frozen_anywhere(right); }));
    cluster->start(victim);
    EXPECT_TRUE(cluster->until([&] { return !is_frozen_anywhere(right); }));
    std::string all;
    for (int i = 1; i <= number; ++i) all += "," + std::to_string(i);
    for (const std::uint64_t ticket : tickets) EXPECT_TRUE(was_applied(cluster->await(place, ticket)));
    for (const std::string& key : keys) EXPECT_EQ(cluster->value(place, key + "/x"), all) << key;
    for (std::size_t other = 0; other < 3; ++other) EXPECT_EQ(cluster->value(other, "z/x"), all);
    expect_no_failures();
  }
}

INSTANTIATE_TEST_SUITE_P(Rounds, MergeDeath, ::testing::Range(16, 64, 3));

class MergeStop : public MergeOrder, public ::testing::WithParamInterface<int> {};

TEST_P(MergeStop, OfAllNodesLosesNothing) {
  make("sqlite");
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  const RangeId right = split_at("m");
  give_merge(0, range, right);
  cluster->rounds(GetParam());
  for (std::size_t place = 0; place < 3; ++place) cluster->stop(place);
  for (std::size_t place = 0; place < 3; ++place) cluster->start(place);
  for (const char* key : {"a", "m", "z"}) EXPECT_EQ(cluster->value(0, key), "1");
  put("m", "2", 1);
  put("a", "2", 2);
  for (std::size_t place = 0; place < 3; ++place) {
    EXPECT_EQ(cluster->value(place, "m"), "2");
    EXPECT_EQ(cluster->value(place, "a"), "2");
  }
  EXPECT_TRUE(cluster->until([&] { return !is_frozen_anywhere(right); }));
  expect_no_failures();
}

INSTANTIATE_TEST_SUITE_P(Rounds, MergeStop, ::testing::Range(0, 60, 3));

TEST_F(MergeOrder, FreezesNothingWhileAMemberIsAway) {
  make();
  const RangeId right = split_at("m");
  std::size_t place = cluster->await_leader(range);
  const std::size_t away = (place + 1) % 3;
  cluster->isolate(away, true);
  const std::uint64_t order = give_merge(place, range, right);
  bool was_frozen = false;
  ASSERT_TRUE(cluster->until([&] {
    was_frozen = was_frozen || is_frozen_anywhere(right);
    return cluster->node(place).answers.contains(order);
  }));
  EXPECT_EQ(cluster->await(place, order).code, AnswerCode::refused);
  EXPECT_FALSE(was_frozen);
}

// A member falls silent when the right range is frozen.
TEST_F(MergeOrder, IsCalledOffWhenAMemberIsNotHeardOfInTime) {
  make();
  const RangeId right = split_at("m");
  const std::size_t place = cluster->await_leader(range);
  const std::size_t silent = (place + 1) % 3;
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    if (packet.kind != PeerMessage::merge || packet.from != KeeperCluster::id(silent)) return true;
    const auto message = read_merge_message(packet.body);
    return message->kind != MergeMessage::Kind::ready || !message->may_freeze;
  };
  const std::uint64_t order = give_merge(place, range, right);
  ASSERT_TRUE(cluster->until([&] { return is_frozen_anywhere(right); }));
  const std::uint64_t waiting = cluster->append(silent, "z", "put z 1");
  const Answer answer = cluster->await(place, order);
  EXPECT_EQ(answer.code, AnswerCode::refused) << answer.text;
  EXPECT_EQ(cluster->await(silent, waiting).code, AnswerCode::done);
  EXPECT_EQ(cluster->value(0, "z"), "1");
  cluster->on_packet = nullptr;
  cluster->rounds(100);
  EXPECT_EQ(merge(range, right).code, AnswerCode::done);
  EXPECT_EQ(cluster->value(1, "z"), "1");
  expect_no_failures();
}

TEST_F(MergeOrder, OfAnOlderEpochIsRefused) {
  make();
  const RangeId right = split_at("m");
  const std::size_t place = cluster->await_leader(range);
  kv::Epoch epoch = cluster->epoch(place, right);
  ++epoch.boundary;
  const Answer answer = cluster->run_order(place, range, MergeRanges{right, epoch});
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("epoch"), std::string::npos) << answer.text;
  EXPECT_FALSE(is_frozen_anywhere(right));
}

TEST_F(MergeOrder, OfRangesThatAreNoNeighboursIsRefused) {
  make();
  const RangeId middle = split_at("h");
  const RangeId last = split_at("q");
  EXPECT_EQ(merge(range, last).code, AnswerCode::refused);
  EXPECT_EQ(merge(last, middle).code, AnswerCode::refused);
  EXPECT_EQ(merge(middle, range).code, AnswerCode::refused);
  EXPECT_EQ(merge(middle, last).code, AnswerCode::done);
  EXPECT_EQ(merge(range, middle).code, AnswerCode::done);
  EXPECT_EQ(holder(0, "z"), range);
}

TEST_F(MergeOrder, OfANodeThatIsAlone) {
  make("sqlite", 1);
  for (const char* key : {"a", "m"}) put(key, "1");
  const RangeId right = split_at("m");
  put("m", "2");
  ASSERT_EQ(merge(range, right).code, AnswerCode::done);
  put("m", "3");
  cluster->stop(0);
  cluster->start(0);
  EXPECT_EQ(cluster->value(0, "m"), "3");
  EXPECT_EQ(cluster->value(0, "a"), "1");
  EXPECT_EQ(cluster->node(0).records().size(), 1u);
}

// More often than a range remembers.
TEST_F(MergeOrder, AgainAndAgainLosesNothing) {
  make("sqlite");
  std::string all;
  std::vector<std::uint64_t> tickets;
  const auto log = [&](int number) {
    all += "," + std::to_string(number);
    tickets.push_back(cluster->append(1, "z", "log z/x " + std::to_string(number)));
  };
  for (int i = 1; i <= 80; ++i) {
    log(3 * i);
    const RangeId right = split_at("m");
    log(3 * i + 1);
    const std::size_t place = cluster->await_leader(range);
    const std::uint64_t order = give_merge(place, range, right);
    cluster->rounds(i % 40);
    log(3 * i + 2);
    const Answer answer = cluster->await(place, order);
    ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  }
  for (const std::uint64_t ticket : tickets) EXPECT_TRUE(was_applied(cluster->await(1, ticket)));
  EXPECT_EQ(cluster->value(2, "z/x"), all);
  expect_no_failures();
}

}  // namespace
}  // namespace tenon::store::test
