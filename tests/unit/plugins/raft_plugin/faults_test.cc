#include <gtest/gtest.h>

#include <algorithm>

#include "test_cluster.h"

namespace tenon::test {
namespace {

TEST(Faults, NothingIsLostOrDoubledOverCrashesAndBadWeather) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    TestCluster cluster(3, seed);
    cluster.open_everywhere(group);
    cluster.set_weather({10, 10, 20});
    std::vector<std::pair<std::string, tenon_log_point>> taken;
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t leader = cluster.leader(group);
      const std::string data = "e" + std::to_string(i);
      tenon_log_point at{};
      if (leader != 0 && cluster.node(leader).propose(group, data, &at) == TENON_OK)
        taken.push_back({data, at});
      if (cluster.random().percent(3)) {
        TestNode& node = cluster.node(1 + cluster.random().below(3));
        node.turn();  // with a write under way, of which nothing or all is kept
        node.crash(cluster.random().below(2));
        node.start();
        node.open(group, {});
      }
      cluster.tick();
    }
    cluster.set_weather({});
    TestNode& last = cluster.node(cluster.await_leader(group));
    cluster.ticks(60);
    ASSERT_EQ(cluster.node(cluster.await_leader(group)).propose(group, "end"), TENON_OK);
    cluster.ticks(10);
    EXPECT_TRUE(cluster.applied_everywhere(group, "end"));
    std::size_t applied = 0;
    for (const auto& [data, at] : taken) {
      const std::vector<AppliedEntry>& entries = last.group(group).entries;
      const AppliedEntry& there = entries.at(at.index - 1);
      const bool is_it = there.at.term == at.term;
      EXPECT_EQ(last.group(group).count(data), is_it ? 1u : 0u) << data;
      applied += is_it ? 1 : 0;
    }
    EXPECT_GT(applied, 50u);
  }
}

// For want of descriptors the journal can't be read for a while: who needs it waits, and nobody is lost.
TEST(Faults, AMemberThatLagsWaitsUntilTheJournalCanBeRead) {
  TestCluster cluster(3, 1);
  cluster.open_everywhere(group);
  TestNode& leader = cluster.node(cluster.await_leader(group));
  const std::uint64_t lagging = leader.id() % 3 + 1;
  cluster.isolate(lagging, true);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(leader.propose(group, "missed"), TENON_OK);
    cluster.ticks(1);
  }
  leader.journal().set_busy(true);
  cluster.isolate(lagging, false);
  cluster.ticks(60);
  EXPECT_EQ(leader.group(group).poison, "");
  EXPECT_TRUE(leader.group(group).leads());
  EXPECT_EQ(cluster.node(lagging).group(group).count("missed"), 0u);
  leader.journal().set_busy(false);
  cluster.ticks(20);
  EXPECT_EQ(cluster.node(lagging).group(group).count("missed"), 20u);
}

using Ids = std::vector<std::uint64_t>;

// Five nodes, of which three found. Everything that can happen to them happens.
class Storm {
 public:
  explicit Storm(std::uint64_t seed) : cluster_(5, seed) {
    for (std::uint64_t id = 1; id <= 5; ++id)
      cluster_.node(id).open(group, id <= 3 ? Members{{1, 2, 3}} : Members{});
    cluster_.set_weather({5, 5, 15});
  }

  void step(int number) {
    if (const std::uint64_t leader = cluster_.leader(group); leader != 0) {
      TestNode& node = cluster_.node(leader);
      node.propose(group, "e" + std::to_string(number));
      if (chance(3)) node.change(group, {some_three()});
      if (chance(3)) node.kind().transfer(node.group(group).handle, any());
      if (chance(10)) node.kind().read_index(node.group(group).handle, static_cast<std::uint64_t>(number));
    }
    if (chance(3)) restart(any());
    if (chance(10)) cut(any());
    if (chance(30)) cluster_.ship_snapshots(group);
    if (chance(4)) cluster_.isolate(any(), chance(30));
    cluster_.tick();
  }

  // The weather clears; what is proposed then is applied by every voter.
  void calm() {
    cluster_.set_weather({});
    for (std::uint64_t id = 1; id <= 5; ++id) cluster_.isolate(id, false);
    for (int i = 0; i < 20; ++i) {
      cluster_.ticks(20);
      cluster_.ship_snapshots(group);
    }
    TestNode& leader = cluster_.node(cluster_.await_leader(group));
    ASSERT_EQ(leader.propose(group, "end"), TENON_OK);
    ASSERT_TRUE(cluster_.until([&] {
      const Ids& voters = leader.group(group).members.voters;
      return std::all_of(voters.begin(), voters.end(),
                         [&](std::uint64_t id) { return cluster_.node(id).group(group).count("end") == 1; });
    }));
    applied_ = leader.group(group).entries.size();
  }

  std::size_t applied() const { return applied_; }

 private:
  bool chance(std::uint32_t percent) { return cluster_.random().percent(percent); }
  std::uint64_t any() { return 1 + cluster_.random().below(5); }
  Ids some_three() {
    Ids ids{1, 2, 3, 4, 5};
    while (ids.size() > 3)
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(cluster_.random().below(ids.size())));
    return ids;
  }
  void restart(std::uint64_t id) {
    TestNode& node = cluster_.node(id);
    node.turn();
    node.crash(cluster_.random().below(2));
    node.start();
    node.open(group, {});
  }
  void cut(std::uint64_t id) {
    TestNode& node = cluster_.node(id);
    if (node.journal().has(group)) node.journal().compact(group, node.group(group).applied.index);
  }

  TestCluster cluster_;
  std::size_t applied_ = 0;
};

TEST(Faults, NodesAgreeOverChangesTransfersCutsStatesAndCrashes) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Storm storm(seed);
    for (int i = 0; i < 600; ++i) storm.step(i);
    storm.calm();
    EXPECT_GT(storm.applied(), 50u);
  }
}

}  // namespace
}  // namespace tenon::test
