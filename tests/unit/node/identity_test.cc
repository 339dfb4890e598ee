#include "node/identity.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "host/plugin_host.h"
#include "store/disk/engine_layout.h"
#include "support/temp_dir.h"
#include "unit/host/fake_world.h"

namespace tenon::node {
namespace {

constexpr KeptIdentity known{0xa1, 7, 0xc1};

class IdentityTest : public ::testing::Test {
 protected:
  static std::unique_ptr<host::PluginHost> load(host::test::FakeWorld& world, const std::string& dir) {
    host::PluginSpec spec;
    spec.instance = spec.plugin = "memory";
    spec.kind = host::Kind::storage;
    spec.data_dir = dir;
    host::LoadPolicy policy;
    policy.dirs = {STORAGE_MEMORY_DIR};
    auto loaded = host::PluginHost::load({spec}, policy, world.services());
    if (!loaded.ok()) throw std::runtime_error(loaded.error().message);
    EXPECT_TRUE((*loaded)->activate().ok());
    return std::move(loaded).value();
  }
  ~IdentityTest() override {
    meta.reset();
    plugins->deactivate();
  }
  void put(std::string_view key, std::uint64_t number) {
    ASSERT_TRUE(meta->put(store::node_space, key, "1:" + node_id_text(number)).ok());
  }
  std::uint64_t cluster_id() const { return read_cluster_id(*meta).value(); }

  tenon::test::TempDir dir;
  host::test::FakeWorld world{1};
  host::test::CountingRandom random;
  std::unique_ptr<host::PluginHost> plugins = load(world, dir.path());
  std::unique_ptr<store::Engine> meta = std::make_unique<store::Engine>(
      store::Engine::open(*plugins->find(host::Kind::storage, "memory")).value());
};

TEST_F(IdentityTest, ANewNodeGetsAnIdAndKeepsItWithoutACluster) {
  const Identity first = open_identity(*meta, random).value();
  EXPECT_NE(first.id, 0u);
  EXPECT_EQ(first.start_number, 1u);
  EXPECT_FALSE(first.was_lost);
  const Identity second = open_identity(*meta, random, {first.id, first.start_number, 0}).value();
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.start_number, 2u);
  EXPECT_FALSE(second.was_lost);
  EXPECT_EQ(cluster_id(), 0u);
}

TEST_F(IdentityTest, AnEmptyEngineIsToldAgainWhoTheNodeIsAndWhichClusterItIsPartOf) {
  EXPECT_TRUE(has_forgotten_cluster(*meta, known).value());
  const Identity identity = open_identity(*meta, random, known).value();
  EXPECT_EQ(identity.id, known.id);
  EXPECT_EQ(identity.start_number, known.start_number + 1);
  EXPECT_TRUE(identity.was_lost);
  EXPECT_EQ(cluster_id(), known.cluster_id);
  EXPECT_FALSE(has_forgotten_cluster(*meta, known).value());
  EXPECT_FALSE(open_identity(*meta, random, known).value().was_lost);
}

TEST_F(IdentityTest, AnEngineWithAnIdAndNoClusterHasLostWhatItHeld) {
  put("node/id", known.id);
  EXPECT_TRUE(has_forgotten_cluster(*meta, known).value());
  const Identity identity = open_identity(*meta, random, known).value();
  EXPECT_EQ(identity.id, known.id);
  EXPECT_TRUE(identity.was_lost);
  EXPECT_EQ(cluster_id(), known.cluster_id);
}

TEST_F(IdentityTest, AnotherNodesEngineThatIsInNoClusterDoesNotRenameTheNode) {
  put("node/id", 0xb2);
  EXPECT_EQ(open_identity(*meta, random, known).value().id, known.id);
}

TEST_F(IdentityTest, TheEngineCountsForMoreThanAFileThatIsOlder) {
  put("node/id", known.id);
  put("node/start", 9);
  put("cluster/id", 0xc2);
  const Identity identity = open_identity(*meta, random, {known.id, 7, 0}).value();
  EXPECT_EQ(identity.start_number, 10u);
  EXPECT_FALSE(identity.was_lost);
  EXPECT_EQ(cluster_id(), 0xc2u);
}

TEST_F(IdentityTest, WhatIsOfAnUnknownFormIsCorruptAndStays) {
  put("node/id", known.id);
  ASSERT_TRUE(meta->put(store::node_space, "cluster/id", "2:x").ok());
  EXPECT_EQ(open_identity(*meta, random, known).error().code, Errc::corrupt);
  EXPECT_EQ(meta->get(store::node_space, "node/start").value(), std::nullopt);
}

}  // namespace
}  // namespace tenon::node
