#include "node/peers/node_services.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using balance::bit_of;
using kv::StoreId;

config::ServicesSettings nothing() {
  config::ServicesSettings settings;
  settings.mqtt = settings.dist_worker = settings.inbox_store = settings.retain_store = settings.meta_store =
      false;
  return settings;
}

TEST(NodeServices, ANodeTakesAllUnlessItIsToldOtherwise) {
  EXPECT_EQ(services_of({}), NodeServices{});
}

TEST(NodeServices, ASeedTakesNothingAndWaitsForNothing) {
  const NodeServices services = services_of(nothing());
  EXPECT_EQ(services, (NodeServices{0, 0}));
  EXPECT_FALSE(services.takes(StoreId::dist));
  EXPECT_FALSE(services.needs_routes());
}

TEST(NodeServices, WhoHasClientsOrSessionsNeedsRoutes) {
  config::ServicesSettings settings = nothing();
  settings.mqtt = true;
  EXPECT_TRUE(services_of(settings).needs_routes());
  EXPECT_EQ(services_of(settings).stores, 0u);
  EXPECT_TRUE(services_of(settings).takes(StoreId::retain)) << "as a learner";
  settings.mqtt = false;
  settings.inbox_store = true;
  EXPECT_TRUE(services_of(settings).needs_routes());
  EXPECT_EQ(services_of(settings).stores, bit_of(StoreId::inbox));
}

TEST(NodeServices, WhoHasRetainedMessagesOnlyNeedsNoRoutes) {
  config::ServicesSettings settings = nothing();
  settings.retain_store = true;
  EXPECT_FALSE(services_of(settings).needs_routes());
  EXPECT_FALSE(services_of(settings).takes(StoreId::dist));
}

}  // namespace
}  // namespace tenon::node
