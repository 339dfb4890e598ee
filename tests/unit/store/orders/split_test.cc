#include <gtest/gtest.h>

#include <algorithm>

#include "kv/reshape/split.h"
#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

class SplitOrder : public ::testing::Test {
 protected:
  void make(const std::string& storage = "memory", std::size_t nodes = 3) {
    cluster = std::make_unique<KeeperCluster>(storage, nodes);
    range = cluster->first_range();
    leader = cluster->await_leader(range);
  }
  void put(const std::string& key, const std::string& value, std::size_t place = 0) {
    EXPECT_EQ(cluster->await(place, cluster->append(place, key, "put " + key + " " + value)).code,
              AnswerCode::done);
  }
  // The range that holds the key, as the node knows.
  RangeId holder(std::size_t place, const std::string& key) {
    return cluster->node(place).keeper().ranges().find(StoreId::meta, key).value_or(RangeId{});
  }
  void split_at(const std::string& key) {
    const Answer answer = cluster->run_order(leader, range, SplitRange{key});
    ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  }

  std::unique_ptr<KeeperCluster> cluster;
  RangeId range;
  std::size_t leader = 0;
};

TEST_F(SplitOrder, IsUnsupportedUntilTheLastMemberOfAnOlderVersionWasUpgraded) {
  make();
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  kv::CommandVersions older;
  older.set(kv::CommandVersions::entries, 1);
  const NodeId old_node = cluster->id((leader + 1) % 3);
  Keeper& keeper = cluster->node(leader).keeper();
  keeper.on_peer(old_node, true, {1, older});
  EXPECT_EQ(cluster->run_order(leader, range, SplitRange{"m"}).code, AnswerCode::unsupported);
  EXPECT_EQ(holder(leader, "m"), range);
  keeper.on_peer(old_node, true, {2, {}});
  split_at("m");
  EXPECT_NE(holder(leader, "m"), range);
}

TEST_F(SplitOrder, MakesARangeOfWhatIsBehindTheKeyAtAllNodes) {
  make();
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  split_at("m");
  const RangeId child = holder(leader, "m");
  EXPECT_NE(child, range);
  EXPECT_TRUE(kv::was_split_off(child));
  cluster->await_leader(child);
  ASSERT_TRUE(cluster->until([&] { return holder(0, "z") == child && holder(2, "z") == child; }));
  for (std::size_t place = 0; place < 3; ++place) {
    EXPECT_EQ(holder(place, "l"), range);
    for (const char* key : {"a", "m", "z"}) EXPECT_EQ(cluster->value(place, key), "1") << key;
  }
  put("z", "2", 1);
  put("a", "3", 2);
  EXPECT_EQ(cluster->value(0, "z"), "2");
  EXPECT_EQ(cluster->value(1, "a"), "3");
}

TEST_F(SplitOrder, WhatWasCutOffIsNoLoadOfTheRangeAnyMore) {
  make();
  for (int i = 0; i < 100; ++i)
    for (const char* key : {"a", "z"}) put(key, std::to_string(i), leader);
  const auto commands = [&] {
    return cluster->node(leader).keeper().replicas().find(range)->load_now().commands;
  };
  EXPECT_EQ(commands(), 200u);
  EXPECT_EQ(cluster->run_order(leader, range, SplitRange{{}, true}).code, AnswerCode::done);
  EXPECT_NE(holder(leader, "z"), range);
  EXPECT_GT(commands(), 50u);
  EXPECT_LT(commands(), 150u);
  EXPECT_EQ(cluster->run_order(leader, range, SplitRange{{}, true}).code, AnswerCode::refused)
      << "all that is left of it is at one key";
}

// Within the time-out of an election nobody would lead it, if it waited for one.
TEST_F(SplitOrder, TheNewRangeIsLedAtOnce) {
  make();
  put("a", "1");
  split_at("m");
  const RangeId child = holder(leader, "m");
  EXPECT_TRUE(cluster->until(
      [&] {
        const Replica* replica = cluster->node(leader).keeper().replicas().find(child);
        return replica && replica->leads();
      },
      50));
}

TEST_F(SplitOrder, InHalfCutsWhereAsMuchIsBelowAsAbove) {
  make();
  for (int i = 0; i < 20; ++i) put("k" + std::to_string(10 + i), std::string(100, 'v'));
  const Answer answer = cluster->run_order(leader, range, SplitRange{});
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  const std::string end = cluster->node(leader).keeper().ranges().descriptor(range)->end;
  EXPECT_GE(end, "k19");
  EXPECT_LE(end, "k21");
}

TEST_F(SplitOrder, IsCarriedOutByARangeThatHadNothingToDoForLong) {
  make();
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  cluster->rounds(3000);
  split_at("");
  EXPECT_NE(holder(leader, "z"), range);
}

TEST_F(SplitOrder, InHalfNeverCutsWhatBelongsTogether) {
  make();
  for (const char* key : {"a", "b/1", "b/2", "b/3", "b/4", "b/5", "c"}) put(key, "1");
  const Answer answer = cluster->run_order(leader, range, SplitRange{});
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  const std::string end = cluster->node(leader).keeper().ranges().descriptor(range)->end;
  EXPECT_TRUE(end == "b" || end == "c") << end;
}

TEST_F(SplitOrder, OfARangeWithOneItemIsRefused) {
  make();
  put("b/1", "1");
  EXPECT_EQ(cluster->run_order(leader, range, SplitRange{"b/1"}).code, AnswerCode::refused);
  ASSERT_EQ(cluster->run_order(leader, range, SplitRange{"c"}).code, AnswerCode::done);
  const RangeId child = holder(leader, "c");
  const Answer answer = cluster->run_order(cluster->await_leader(child), child, SplitRange{});
  EXPECT_EQ(answer.code, AnswerCode::refused) << answer.text;
}

TEST_F(SplitOrder, AtAKeyOutsideOrAtTheFirstIsRefused) {
  make();
  split_at("m");
  leader = cluster->await_leader(range);
  for (const char* key : {"m", "z"})
    EXPECT_EQ(cluster->run_order(leader, range, SplitRange{key}).code, AnswerCode::refused) << key;
  const RangeId child = holder(leader, "m");
  EXPECT_EQ(cluster->run_order(cluster->await_leader(child), child, SplitRange{"m"}).code,
            AnswerCode::refused);
}

TEST_F(SplitOrder, ByLoadCutsWhereHalfOfWhatWasAskedIsBelow) {
  make();
  for (int i = 0; i < 20; ++i) put("a" + std::to_string(10 + i), std::string(500, 'v'));
  Answer answer = cluster->run_order(leader, range, SplitRange{"a50", false});
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  const RangeId child = holder(leader, "m");
  leader = cluster->await_leader(child);
  EXPECT_EQ(cluster->run_order(leader, child, SplitRange{"", true}).code, AnswerCode::refused);
  for (int i = 0; i < 200; ++i) put(i % 2 == 0 ? "b" : "z", std::to_string(i), leader);
  answer = cluster->run_order(leader, child, SplitRange{"", true});
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  EXPECT_EQ(cluster->node(leader).keeper().ranges().descriptor(child)->end, "z");
}

// Appends are open all the time, from all nodes; the items count how often each was applied.
TEST_F(SplitOrder, OpenAppendsAreAppliedOnceAndThoseOfAKeyInTheirOrder) {
  make();
  const std::vector<std::string> keys = {"a", "d", "m", "q", "z"};
  std::vector<std::vector<std::uint64_t>> tickets(3);
  int number = 0;
  const auto publish = [&] {
    ++number;
    for (std::size_t place = 0; place < 3; ++place)
      for (const std::string& key : keys)
        tickets[place].push_back(cluster->append(
            place, key, "log " + key + "/" + std::to_string(place) + " " + std::to_string(number)));
  };
  std::vector<std::uint64_t> orders;
  for (int turn = 0; turn < 100; ++turn) {
    publish();
    if (turn == 20) orders.push_back(cluster->order(leader, range, SplitRange{"m"}));
    if (turn == 60) orders.push_back(cluster->order(leader, holder(leader, "z"), SplitRange{"q"}));
    cluster->round();
  }
  for (const std::uint64_t order : orders) EXPECT_EQ(cluster->await(leader, order).code, AnswerCode::done);
  std::string all;
  for (int i = 1; i <= number; ++i) all += "," + std::to_string(i);
  for (std::size_t place = 0; place < 3; ++place) {
    for (const std::uint64_t ticket : tickets[place]) {
      const AnswerCode code = cluster->await(place, ticket).code;
      EXPECT_TRUE(code == AnswerCode::done || code == AnswerCode::duplicate) << static_cast<int>(code);
    }
    for (const std::string& key : keys)
      EXPECT_EQ(cluster->value(place, key + "/" + std::to_string(place)), all) << key;
  }
  EXPECT_NE(holder(0, "z"), holder(0, "m"));
}

// The same, while messages and answers get lost and the leader dies.
TEST_F(SplitOrder, OpenAppendsOutliveTheLeaderOfTheSplit) {
  for (const int kill_at : {21, 22, 23, 24, 25, 27, 30, 40}) {
    SCOPED_TRACE(kill_at);
    make();
    const std::vector<std::string> keys = {"a", "m", "z"};
    const std::size_t place = (leader + 1) % 3;
    std::vector<std::uint64_t> tickets;
    int number = 0;
    for (int turn = 0; turn < 60; ++turn) {
      ++number;
      for (const std::string& key : keys)
        tickets.push_back(cluster->append(place, key, "log " + key + "/x " + std::to_string(number)));
      if (turn == 20) cluster->order(place, range, SplitRange{"m"});
      if (turn == kill_at) cluster->stop(leader);
      cluster->round();
    }
    cluster->start(leader);
    std::string all;
    for (int i = 1; i <= number; ++i) all += "," + std::to_string(i);
    for (const std::uint64_t ticket : tickets) {
      const AnswerCode code = cluster->await(place, ticket).code;
      EXPECT_TRUE(code == AnswerCode::done || code == AnswerCode::duplicate) << static_cast<int>(code);
    }
    for (const std::string& key : keys) EXPECT_EQ(cluster->value(place, key + "/x"), all) << key;
  }
}

TEST_F(SplitOrder, IsThereAfterAStartOfAllNodesWhereverTheyWereStopped) {
  for (int rounds = 0; rounds < 12; ++rounds) {
    SCOPED_TRACE(rounds);
    make("sqlite");
    for (const char* key : {"a", "m", "z"}) put(key, "1");
    cluster->order(leader, range, SplitRange{"m"});
    cluster->rounds(rounds);
    for (std::size_t place = 0; place < 3; ++place) cluster->stop(place);
    for (std::size_t place = 0; place < 3; ++place) cluster->start(place);
    for (const char* key : {"a", "m", "z"}) EXPECT_EQ(cluster->value(0, key), "1");
    put("m", "2", 1);
    put("a", "2", 2);
    for (std::size_t place = 0; place < 3; ++place) {
      EXPECT_EQ(cluster->value(place, "m"), "2");
      EXPECT_EQ(cluster->value(place, "a"), "2");
      EXPECT_EQ(cluster->node(place).failures, std::vector<std::string>());
    }
  }
}

// The engine forgets all, as it may forget what it was not asked to sync; the journal has it.
TEST_F(SplitOrder, IsFoundInTheJournalWhenTheEngineHasLostIt) {
  make("memory");
  for (const char* key : {"a", "m", "z"}) put(key, "1");
  split_at("m");
  put("m", "2");
  put("a", "2");
  const RangeId child = holder(0, "m");
  for (std::size_t place = 0; place < 3; ++place) cluster->stop(place);
  for (std::size_t place = 0; place < 3; ++place) cluster->start(place);
  EXPECT_EQ(cluster->node(0).records().size(), 1u);
  EXPECT_EQ(cluster->value(0, "a"), "2");
  ASSERT_TRUE(cluster->until([&] { return holder(0, "m") == child; }));
  EXPECT_EQ(cluster->value(0, "m"), "2");
  EXPECT_EQ(cluster->value(0, "z"), "1");
  for (std::size_t place = 0; place < 3; ++place)
    EXPECT_EQ(cluster->node(place).failures, std::vector<std::string>());
}

TEST_F(SplitOrder, OfANodeThatIsAlone) {
  make("sqlite", 1);
  for (const char* key : {"a", "m"}) put(key, "1");
  split_at("m");
  put("m", "2");
  cluster->stop(0);
  cluster->start(0);
  EXPECT_EQ(cluster->value(0, "m"), "2");
  EXPECT_EQ(cluster->value(0, "a"), "1");
  EXPECT_EQ(cluster->node(0).records().size(), 2u);
}

TEST_F(SplitOrder, ANodeThatWasAwayComesToIt) {
  make();
  const std::size_t away = (leader + 1) % 3;
  put("m", "1", leader);
  cluster->isolate(away, true);
  split_at("m");
  const RangeId child = holder(leader, "m");
  put("m", "2", leader);
  cluster->isolate(away, false);
  ASSERT_TRUE(cluster->until([&] { return cluster->node(away).keeper().replicas().find(child) != nullptr; }));
  EXPECT_EQ(cluster->value(away, "m"), "2");
}

}  // namespace
}  // namespace tenon::store::test
