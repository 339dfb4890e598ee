#include "sim/capacity/placement.h"

#include <stdexcept>

#include "support/balance/balancers_under_test.h"
#include "support/balance/cluster_model.h"

namespace tenon::sim {

using test::ClusterModel;

Placement place_ranges(std::uint32_t node_count, const std::map<kv::StoreId, std::uint32_t>& range_counts) {
  ClusterModel cluster(node_count, 1);
  std::vector<test::BalancersUnderTest::Wanted> wanted;
  for (const auto& [store, count] : range_counts) {
    cluster.add_ranges(store, count, [](std::size_t number) {
      return std::vector{ClusterModel::node(1 + number % 3), ClusterModel::node(1 + (number + 1) % 3),
                         ClusterModel::node(1 + (number + 2) % 3)};
    });
    wanted.push_back({store, "replica-cnt", 10, "{}"});
    wanted.push_back({store, "range-leader", 20, "{}"});
  }
  const test::BalancersUnderTest balancers(wanted);
  balance::Controller controller(balancers.setups(), {}, cluster);
  constexpr std::size_t seconds_max = 3600;
  if (cluster.run_until_rest(controller, seconds_max) < 0 || !cluster.faults().empty())
    throw std::runtime_error("the balancers do not come to rest");
  Placement placement;
  placement.node_count = node_count;
  for (const balance::ViewRange& range : cluster.view().ranges) {
    auto& places = placement.voters[range.what.store].emplace_back();
    for (const kv::NodeId node : range.what.members.voters)
      places.push_back(static_cast<std::uint32_t>(node) - 1);
  }
  return placement;
}

}  // namespace tenon::sim
