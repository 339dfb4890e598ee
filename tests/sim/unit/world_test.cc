#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/network/sim_network.h"
#include "sim/world/node_disk.h"
#include "sim/world/world.h"

namespace tenon::sim {
namespace {

TEST(EventQueue, EventsHappenInTheOrderOfTheirTimesAndThenOfAsking) {
  EventQueue events;
  std::string order;
  events.after(20, [&] { order += 'c'; });
  events.after(10, [&] {
    order += 'a';
    events.after(10, [&] { order += 'd'; });
  });
  events.after(10, [&] { order += 'b'; });
  while (events.step(100)) {
  }
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(events.now_ns(), 100);
}

TEST(World, SeedsAndPartsHaveNumbersOfTheirOwn) {
  const World one(1, false);
  const World two(2, false);
  EXPECT_EQ(one.random_for("a").next(), one.random_for("a").next());
  EXPECT_NE(one.random_for("a").next(), two.random_for("a").next());
  EXPECT_NE(one.random_for("a").next(), one.random_for("b").next());
  EXPECT_NE(one.random_for("a", 1).next(), one.random_for("a", 2).next());
}

struct RecordingEnd final : NetworkEnd {
  bool is_up() const override { return true; }
  void on_message(std::uint32_t, store::PeerMessage, const std::string& body) override { got += body; }
  void on_link(std::uint32_t, bool up, std::uint64_t) override { links += up ? 'u' : 'd'; }
  std::string got;
  std::string links;
};

struct SimNetworkTest : testing::Test {
  SimNetworkTest() {
    network.add(a);
    network.add(b);
    network.on_node_up(0);
    run_for(ns_per_s);
  }
  void run_for(std::int64_t ns) {
    const MonoNs end_ns = world.now_ns() + ns;
    while (world.events().step(end_ns)) {
    }
  }
  void send(std::string body) { network.send(0, 1, store::PeerMessage::group, std::move(body)); }

  World world{1, false};
  SimNetwork network{world, {}};
  RecordingEnd a;
  RecordingEnd b;
};

TEST_F(SimNetworkTest, MessagesKeepTheirOrder) {
  std::string sent;
  for (char c = 'a'; c <= 'z'; ++c) {
    send({c});
    sent += c;
  }
  run_for(ns_per_s);
  EXPECT_EQ(b.got, sent);
}

TEST_F(SimNetworkTest, WhatIsUnderWayIsLostWithTheLink) {
  send("x");
  network.break_link(0, 1);
  run_for(ns_per_s);
  EXPECT_EQ(b.got, "");
  EXPECT_EQ(b.links, "udu");
  send("y");
  run_for(ns_per_s);
  EXPECT_EQ(b.got, "y");
}

TEST_F(SimNetworkTest, ABlockedWayIsClosedInOneDirectionOnly) {
  network.block(0, 1);
  send("x");
  network.send(1, 0, store::PeerMessage::group, "y");
  run_for(100 * ns_per_ms);
  EXPECT_EQ(b.got, "");
  EXPECT_EQ(a.got, "y");
  network.heal();
  run_for(20 * ns_per_s);
  send("z");
  run_for(ns_per_s);
  EXPECT_EQ(b.got, "z");
}

TEST(NodeDisk, LatePartIsLostWithThePowerUntilItIsSynced) {
  EventQueue events;
  NodeDisk disk(events, 1);
  ASSERT_TRUE(disk.make_dirs("/data").ok());
  ASSERT_TRUE(disk.sync_dir("/").ok());
  disk.medium().set_content("/data/file", {'a'});
  disk.lie_about_syncs_below("/data", ns_per_s);
  auto file = disk.open("/data/file", OpenMode::read_write);
  ASSERT_TRUE(file.ok());
  const std::string text = "b";
  const Bytes bytes = as_bytes(text);
  ASSERT_TRUE((*file)->pwrite_v(0, {&bytes, 1}).ok());
  ASSERT_TRUE((*file)->fdatasync().ok());
  EXPECT_EQ(disk.medium().count(test::DiskOp::fdatasync), 0u);
  while (events.step(2 * ns_per_s)) {
  }
  EXPECT_EQ(disk.medium().count(test::DiskOp::fdatasync), 1u);
  disk.medium().lose_power();
  EXPECT_EQ(disk.medium().content("/data/file"), (std::vector<std::uint8_t>{'b'}));
}

}  // namespace
}  // namespace tenon::sim
