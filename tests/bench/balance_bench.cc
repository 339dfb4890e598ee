// The time of one plan over 100 nodes and 10,000 ranges, with the shipped .so files: at rest, and with
// everything to do.
#include <benchmark/benchmark.h>

#include "balance/abi_view.h"
#include "support/balance/balancers_under_test.h"
#include "support/balance/cluster_model.h"

namespace {

using namespace tenon;
using test::BalancersUnderTest;
using test::ClusterModel;

constexpr std::size_t node_count = 100;
constexpr std::size_t range_count = 10'000;

void fill(ClusterModel& cluster, bool is_even) {
  cluster.add_ranges(kv::StoreId::inbox, range_count, [&](std::size_t number) {
    const auto node = [&](std::size_t step) { return ClusterModel::node(1 + (number + step) % node_count); };
    return is_even ? std::vector{node(0), node(1), node(2)} : cluster.random_voters(3);
  });
}

void plan(benchmark::State& state, const std::string& name, bool is_even) {
  ClusterModel cluster(node_count, 7);
  fill(cluster, is_even);
  BalancersUnderTest balancers({{kv::StoreId::inbox, name, 10, "{}"}});
  balance::Strategy& strategy = *balancers.setups()[0].strategy;
  for (auto _ : state) {
    balance::AbiView abi(cluster.view());
    auto planned = strategy.plan(abi.of_store(kv::StoreId::inbox), {});
    benchmark::DoNotOptimize(planned);
  }
}

void round_of_all(benchmark::State& state) {
  ClusterModel cluster(node_count, 7);
  fill(cluster, true);
  std::vector<BalancersUnderTest::Wanted> wanted;
  for (const char* name : {"replica-cnt", "range-leader", "range-split"})
    wanted.push_back({kv::StoreId::inbox, name, static_cast<std::uint32_t>(wanted.size()), "{}"});
  BalancersUnderTest balancers(wanted);
  balance::Controller controller(balancers.setups(), {}, cluster);
  for (auto _ : state) controller.plan(cluster.view());
}

}  // namespace

BENCHMARK_CAPTURE(plan, replica_cnt_at_rest, "replica-cnt", true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, replica_cnt_by_chance, "replica-cnt", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, range_leader_at_rest, "range-leader", true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, range_leader_by_chance, "range-leader", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan, range_split_at_rest, "range-split", true)->Unit(benchmark::kMillisecond);
BENCHMARK(round_of_all)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
