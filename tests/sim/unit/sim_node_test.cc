#include "sim/node/sim_node.h"

#include <gtest/gtest.h>

#include "sim/network/sim_network.h"
#include "sim/node/caught_up_news.h"

namespace tenon::sim {
namespace {

struct NoObserver final : NodeObserver {};

struct SimNodeTest : testing::Test {
  World world{1, false};
  SimNetwork network{world, {}};
  NoObserver observer;
  PluginFiles plugins;
  NodeSetup setup{plugins};

  SimNodeTest() {
    setup.nodes = {kv::NodeId{1}};
    for (const kv::StoreId store : {kv::StoreId::dist, kv::StoreId::inbox}) {
      kv::RangeRecord range;
      range.descriptor.store = store;
      setup.first_ranges.push_back(range);
    }
  }
  std::set<kv::StoreId> stores() { return SimNode(world, network, setup, observer, 0).stores(); }
};

TEST_F(SimNodeTest, IsToHoldAllStoresWhereMembersStayMembers) {
  const std::set<kv::StoreId> all{kv::StoreId::dist, kv::StoreId::inbox};
  EXPECT_EQ(stores(), all);
  setup.reshapes = true;
  EXPECT_EQ(stores(), all);
}

TEST_F(SimNodeTest, MayLackStoresWhereMembersAreTakenOut) {
  setup.may_lack_stores = true;
  EXPECT_TRUE(stores().empty());
}

TEST(CaughtUpNews, OfAReplicaThatIsGoneMeanwhileIsNone) {
  const kv::RangeId first{1ull << 33, 1};
  const kv::RangeId second{2ull << 33, 1};
  CaughtUpNews news;
  news.add(first);
  news.add(second);
  news.drop(first);
  EXPECT_EQ(news.take(), std::vector{second});
  news.drop(second);
  news.add(second);
  EXPECT_EQ(news.take(), std::vector{second}) << "its successor has caught up";
  EXPECT_TRUE(news.take().empty());
}

}  // namespace
}  // namespace tenon::sim
