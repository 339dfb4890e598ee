// The shipped balancers and the controller over a model of a large cluster: what comes of it, and that it
// rests.

#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "support/balance/balancers_under_test.h"
#include "support/balance/cluster_model.h"

namespace tenon::balance {
namespace {

using test::BalancersUnderTest;
using test::ClusterModel;

constexpr std::size_t node_count = 100;
constexpr std::size_t range_count = 10'000;

// As many at once as a model does not mind, so that a test is over soon.
PaceLimits fast() {
  PaceLimits limits;
  limits.in_flight_max = 1000;
  limits.moves_in_flight_max = 1000;
  return limits;
}
constexpr auto many = R"({"moves_max": 1000})";

class Simulation : public testing::Test {
 protected:
  void add_replica_cnt(StoreId store = StoreId::inbox, std::string options = many) {
    wanted_.push_back({store, "replica-cnt", 10, std::move(options)});
  }
  void add_range_leader(StoreId store = StoreId::inbox, std::string options = many) {
    wanted_.push_back({store, "range-leader", 20, std::move(options)});
  }
  void add_range_split(std::string options) {
    wanted_.push_back({StoreId::inbox, "range-split", 30, std::move(options)});
  }
  void add_recovery() { wanted_.push_back({StoreId::inbox, "recovery", 5, "{}"}); }
  void begin(const PaceLimits& limits = fast()) {
    balancers_ = std::make_unique<BalancersUnderTest>(wanted_);
    controller_ = std::make_unique<Controller>(balancers_->setups(), limits, cluster_);
  }
  void rest(std::size_t seconds_max = 2000, std::size_t quiet = 60) {
    took_s_ = cluster_.run_until_rest(*controller_, seconds_max, quiet);
    EXPECT_GE(took_s_, 0) << "it does not rest";
    EXPECT_EQ(cluster_.faults(), std::vector<std::string>{});
    EXPECT_EQ(cluster_.refused(), 0u);
  }
  void report(const std::string& what, std::uint64_t moves, std::uint64_t least) const {
    std::cout << what << ": " << moves << " moves, " << least << " needed at least, in " << took_s_
              << " s of the model\n";
  }

  ClusterModel cluster_{node_count, 7};
  std::vector<BalancersUnderTest::Wanted> wanted_;
  std::unique_ptr<BalancersUnderTest> balancers_;
  std::unique_ptr<Controller> controller_;
  std::int64_t took_s_ = 0;
};

TEST_F(Simulation, LeadersFromAnyStartConvergeWithFewMovesAndRest) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  const std::uint64_t least = cluster_.least_moves(cluster_.leaders());
  add_range_leader();
  begin();
  rest();
  report("leaders by chance", cluster_.count("transfer"), least);
  EXPECT_LE(cluster_.spread_of(cluster_.leaders()), 1u);
  EXPECT_LE(cluster_.count("transfer"), least + least / 10);
}

TEST_F(Simulation, LeadersThatAreAllOnAFewNodesConvergeWithFewMovesAndRest) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](std::size_t number) {
    auto voters = cluster_.random_voters(3);
    voters[0] = ClusterModel::node(1 + number % 10);
    while (voters[1] == voters[0] || voters[1] == voters[2]) voters[1] = cluster_.random_voters(1)[0];
    while (voters[2] == voters[0] || voters[2] == voters[1]) voters[2] = cluster_.random_voters(1)[0];
    return voters;
  });
  const std::uint64_t least = cluster_.least_moves(cluster_.leaders());
  add_range_leader();
  begin();
  rest();
  report("leaders on ten nodes", cluster_.count("transfer"), least);
  EXPECT_LE(cluster_.spread_of(cluster_.leaders()), 1u);
  EXPECT_LE(cluster_.count("transfer"), least + least / 10);
}

TEST_F(Simulation, ReplicasFromAnyStartConvergeWithFewMovesAndRest) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  const std::uint64_t least = cluster_.least_moves(cluster_.voters(StoreId::inbox));
  add_replica_cnt();
  begin();
  rest();
  report("replicas by chance", cluster_.count("members"), least);
  EXPECT_LE(cluster_.spread_of(cluster_.voters(StoreId::inbox)), 1u);
  EXPECT_LE(cluster_.count("members"), least + least / 10);
}

TEST_F(Simulation, ReplicasOnHalfOfTheNodesConvergeWithFewMovesAndRest) {
  cluster_.add_ranges(StoreId::inbox, range_count, [](std::size_t number) {
    return std::vector{ClusterModel::node(1 + number % 50), ClusterModel::node(1 + (number + 1) % 50),
                       ClusterModel::node(1 + (number + 2) % 50)};
  });
  const std::uint64_t least = cluster_.least_moves(cluster_.voters(StoreId::inbox));
  add_replica_cnt();
  begin();
  rest();
  report("replicas on fifty nodes", cluster_.count("members"), least);
  EXPECT_LE(cluster_.spread_of(cluster_.voters(StoreId::inbox)), 1u);
  EXPECT_LE(cluster_.count("members"), least + least / 10);
}

TEST_F(Simulation, ReplicasAndLeadersTogetherComeToRest) {
  cluster_.add_ranges(StoreId::inbox, 2'000, [this](auto) { return cluster_.random_voters(3); });
  cluster_.add_ranges(StoreId::dist, 100, [this](auto) { return cluster_.random_voters(3); });
  for (const StoreId store : {StoreId::dist, StoreId::inbox}) {
    add_replica_cnt(store);
    add_range_leader(store);
  }
  begin();
  rest();
  report("both", cluster_.count("members") + cluster_.count("transfer"), 0);
  EXPECT_LE(cluster_.spread_of(cluster_.voters(StoreId::inbox)), 1u);
  EXPECT_LE(cluster_.spread_of(cluster_.voters(StoreId::dist)), 1u);
  EXPECT_LE(cluster_.spread_of(cluster_.leaders()), 1u);
}

TEST_F(Simulation, ARollingRestartMovesNoReplica) {
  cluster_.add_ranges(StoreId::inbox, 1'000, [](std::size_t number) {
    return std::vector{ClusterModel::node(1 + number % 100), ClusterModel::node(1 + (number + 1) % 100),
                       ClusterModel::node(1 + (number + 2) % 100)};
  });
  add_replica_cnt();
  add_range_leader();
  begin();
  rest();
  for (std::size_t number = 1; number <= node_count; ++number) {
    cluster_.kill(ClusterModel::node(number));
    cluster_.run(*controller_, 25);  // shorter than the grace of 30 s
    cluster_.restart(ClusterModel::node(number));
    cluster_.run(*controller_, 15);
  }
  // Each range has neighbours only as voters: its lead is pushed on by restart after restart, and held where
  // that would bring it to the same node too often.
  report("rolling restart, transfers", cluster_.count("transfer"), 0);
  EXPECT_EQ(cluster_.count("members"), 0u);
  EXPECT_EQ(cluster_.faults(), std::vector<std::string>{});
}

TEST_F(Simulation, WhatALostNodeHadIsWholeAgainAndItsReturnIsTakenIn) {
  cluster_.add_ranges(StoreId::inbox, range_count, [](std::size_t number) {
    return std::vector{ClusterModel::node(1 + number % 100), ClusterModel::node(1 + (number + 1) % 100),
                       ClusterModel::node(1 + (number + 2) % 100)};
  });
  add_replica_cnt();
  add_range_leader();
  begin();
  rest();
  const std::uint64_t had = cluster_.voters(StoreId::inbox)[ClusterModel::node(5)];
  cluster_.kill(ClusterModel::node(5));
  cluster_.run(*controller_, 29);
  EXPECT_EQ(cluster_.count("members"), 0u);
  rest();
  report("a node is lost", cluster_.count("members"), had);
  for (const ViewRange& range : cluster_.view().ranges) {
    const auto& voters = range.what.members.voters;
    ASSERT_EQ(voters.size(), 3u);
    EXPECT_EQ(std::count(voters.begin(), voters.end(), ClusterModel::node(5)), 0);
  }
  EXPECT_LE(cluster_.count("members"), had + had / 10);
  const std::uint64_t before = cluster_.count("members");
  cluster_.restart(ClusterModel::node(5));
  rest();
  report("it comes back empty", cluster_.count("members") - before, range_count * 3 / node_count);
  EXPECT_LE(cluster_.spread_of(cluster_.voters(StoreId::inbox)), 1u);
  EXPECT_LE(cluster_.spread_of(cluster_.leaders()), 1u);
}

TEST_F(Simulation, ANodeThatIsDrainedGivesAwayWhatItHasAndNothingElseMoves) {
  cluster_.add_ranges(StoreId::inbox, range_count, [](std::size_t number) {
    return std::vector{ClusterModel::node(1 + number % 100), ClusterModel::node(1 + (number + 1) % 100),
                       ClusterModel::node(1 + (number + 2) % 100)};
  });
  add_replica_cnt();
  add_range_leader();
  begin();
  rest();
  const std::uint64_t had = cluster_.voters(StoreId::inbox)[ClusterModel::node(5)];
  ViewNode& drained = cluster_.view().nodes[4];
  ASSERT_EQ(drained.id, ClusterModel::node(5));
  drained.is_draining = true;
  rest();
  EXPECT_EQ(cluster_.count("members"), 0u) << "its clients are still there";
  drained.is_emptying = true;
  rest();
  report("a node is drained", cluster_.count("members"), had);
  EXPECT_EQ(cluster_.voters(StoreId::inbox)[ClusterModel::node(5)], 0u);
  EXPECT_EQ(cluster_.leaders()[ClusterModel::node(5)], 0u);
  EXPECT_LE(cluster_.count("members"), had + had / 10);
}

TEST_F(Simulation, WhatANodeHadThatIsRemovedIsWholeAgainWithoutAGrace) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  add_replica_cnt();
  begin();
  rest();
  const std::uint64_t before = cluster_.count("members");
  const std::uint64_t had = cluster_.voters(StoreId::inbox)[ClusterModel::node(5)];
  cluster_.kill(ClusterModel::node(5));
  cluster_.view().nodes[4].evidence = Evidence::marked;
  rest();
  report("a node is removed", cluster_.count("members") - before, had);
  EXPECT_LT(took_s_, 29) << "the grace";
  EXPECT_LE(cluster_.count("members") - before, had + had / 10);
}

TEST_F(Simulation, HotRangesAreSpreadAndThenRest) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  // The load is on the ranges that five nodes lead.
  for (ViewRange& range : cluster_.view().ranges)
    if (static_cast<std::uint64_t>(range.leader) <= 5) range.bytes_per_s = 2u << 20;
  const auto most = [this] {
    std::uint64_t load = 0;
    for (const auto& [node, own] : cluster_.loads()) load = std::max(load, own);
    return load >> 20;
  };
  const std::uint64_t before = most();
  add_range_leader();
  begin();
  rest();
  std::cout << "hot spots: the hottest node had " << before << " MiB/s and has " << most()
            << ", 10 in the mean, after " << cluster_.count("transfer") << " transfers in " << took_s_
            << " s\n";
  EXPECT_LE(most(), before / 2);
  EXPECT_LE(cluster_.spread_of(cluster_.leaders()), 1u);
}

// Twenty spots have 100,000 commands a second each, within half of a range. Cut in halves, that is eight
// parts of 12,500, below the 20,000 from which on a range is cut: seven cuts.
constexpr std::size_t spot_count = 20;
constexpr std::size_t cuts_of_spot = 7;

std::vector<test::HotSpot> spots_at(std::size_t first) {
  std::vector<test::HotSpot> spots;
  for (std::size_t i = 0; i < spot_count; ++i) {
    const auto place = static_cast<double>(first + i * 400);
    spots.push_back({place + 0.25, place + 0.75, 100'000});
  }
  return spots;
}

TEST_F(Simulation, HotSpotsThatMoveAreCutAndWhatTheyLeaveIsJoinedAndThenAllRests) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  cluster_.view().wishes[StoreId::inbox].ranges_at_first = range_count;
  add_range_split(R"({"ranges_per_core_max": 100, "merge": true, "merge_after_s": 30})");
  begin();
  std::uint64_t splits = 0;
  std::uint64_t merges = 0;
  const auto come_to_rest = [&](const std::string& what) {
    rest(2000, 150);
    const std::uint64_t splits_now = cluster_.count("split") - std::exchange(splits, cluster_.count("split"));
    const std::uint64_t merges_now = cluster_.count("merge") - std::exchange(merges, cluster_.count("merge"));
    std::cout << what << ": " << splits_now << " splits, " << merges_now << " merges in " << took_s_
              << " s of the model, " << cluster_.view().ranges.size() << " ranges\n";
    return std::pair(splits_now, merges_now);
  };
  constexpr std::uint64_t cuts = spot_count * cuts_of_spot;
  for (const std::size_t first : {7, 131}) {
    cluster_.set_load(spots_at(first));
    const auto [cut, joined] = come_to_rest("hot spots from " + std::to_string(first) + " on");
    EXPECT_LE(cluster_.commands_per_s_max(), 20'000u);
    EXPECT_LE(cut, cuts + cuts / 10);
    // Those before are gone.
    EXPECT_LE(cluster_.view().ranges.size(), range_count + cut);
  }
  cluster_.set_load({});
  const auto [cut, joined] = come_to_rest("no hot spots");
  EXPECT_EQ(cut, 0u);
  EXPECT_EQ(cluster_.view().ranges.size(), range_count);
}

TEST_F(Simulation, WhatLosesItsMajorityAtOnceGoesOnWithThoseThatAreThereAndIsWholeAgain) {
  cluster_.add_ranges(StoreId::inbox, range_count, [this](auto) { return cluster_.random_voters(3); });
  add_recovery();
  add_replica_cnt();
  begin();
  rest();
  constexpr std::uint64_t lost_nodes = 30;
  for (std::uint64_t number = 1; number <= lost_nodes; ++number) {
    cluster_.kill(ClusterModel::node(number));
    cluster_.view().nodes[number - 1].evidence = Evidence::refused;
  }
  const auto is_there = [](NodeId node) { return static_cast<std::uint64_t>(node) > lost_nodes; };
  std::set<std::uint64_t> without_anybody;
  std::uint64_t without_majority = 0;
  for (const ViewRange& range : cluster_.view().ranges) {
    const auto& voters = range.what.members.voters;
    const auto there = std::count_if(voters.begin(), voters.end(), is_there);
    if (there == 0) without_anybody.insert(range.id);
    if (there == 1) ++without_majority;
  }
  rest();
  std::cout << lost_nodes << " nodes are lost: " << without_majority << " ranges without a majority, "
            << cluster_.count("recover") << " recovered, " << without_anybody.size()
            << " have nobody; whole again in " << took_s_ << " s of the model\n";
  EXPECT_GT(without_majority, 1'000u);
  EXPECT_EQ(cluster_.count("recover"), without_majority);
  for (const ViewRange& range : cluster_.view().ranges) {
    if (without_anybody.contains(range.id)) continue;
    const auto& voters = range.what.members.voters;
    ASSERT_NE(range.leader, NodeId::none);
    ASSERT_EQ(voters.size(), 3u);
    ASSERT_TRUE(std::all_of(voters.begin(), voters.end(), is_there));
    ASSERT_FALSE(range.is_provisional);
  }
}

TEST_F(Simulation, WithTheShippedPaceASmallClusterIsEvenSoon) {
  ClusterModel small(3, 1);
  for (const StoreId store : {StoreId::meta, StoreId::dist, StoreId::retain})
    small.add_ranges(store, 1, [](auto) {
      return std::vector{ClusterModel::node(1), ClusterModel::node(2), ClusterModel::node(3)};
    });
  small.add_ranges(StoreId::inbox, 4, [](auto) {
    return std::vector{ClusterModel::node(1), ClusterModel::node(2), ClusterModel::node(3)};
  });
  for (const StoreId store : {StoreId::dist, StoreId::inbox, StoreId::retain}) {
    add_replica_cnt(store, "{}");
    add_range_leader(store, "{}");
  }
  balancers_ = std::make_unique<BalancersUnderTest>(wanted_);
  Controller controller(balancers_->setups(), {}, small);
  const std::int64_t took_s = small.run_until_rest(controller, 300);
  EXPECT_GE(took_s, 0);
  EXPECT_LE(small.spread_of(small.leaders()), 1u);
  EXPECT_EQ(small.count("members"), 0u);
}

}  // namespace
}  // namespace tenon::balance
