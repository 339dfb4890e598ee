#include "broker/remote/held_publishers.h"

#include <gtest/gtest.h>

#include "broker/remote/remote_output.h"

namespace tenon::broker {
namespace {

using routing::ConnectionAddress;

struct HeldPublishersTest : testing::Test {
  static ConnectionAddress link(std::uint32_t slot) { return {0, slot, 1}; }
  // The slots of the links that go on.
  std::vector<std::uint32_t> released() {
    std::vector<std::uint32_t> found;
    for (const ConnectionAddress& address : held.take_released(slots)) found.push_back(address.slot);
    return found;
  }
  using Links = std::vector<std::uint32_t>;
  NodeSlots slots;
  routing::NodeSlot slow = slots.slot_of(kv::NodeId{2});
  routing::NodeSlot slower = slots.slot_of(kv::NodeId{3});
  HeldPublishers held;
};

TEST_F(HeldPublishersTest, EachIsReleasedWithItsOwnNode) {
  slots.set_pressure(kv::NodeId{2}, Pressure::slow);
  slots.set_pressure(kv::NodeId{3}, Pressure::full);
  held.hold(link(1), slow);
  held.hold(link(2), slower);
  held.hold(link(3), slow);
  EXPECT_EQ(released(), Links{});
  slots.set_pressure(kv::NodeId{2}, Pressure::none);
  EXPECT_EQ(released(), (Links{1, 3}));
  EXPECT_EQ(released(), Links{});
  slots.set_pressure(kv::NodeId{3}, Pressure::slow);
  EXPECT_EQ(released(), Links{});
  slots.set_pressure(kv::NodeId{3}, Pressure::none);
  EXPECT_EQ(released(), Links{2});
  EXPECT_TRUE(held.empty());
}

TEST_F(HeldPublishersTest, WhatIsNotedIsTakenOnce) {
  EXPECT_EQ(held.take_noted(), std::nullopt);
  held.note(slow);
  held.note(slower);
  EXPECT_EQ(held.take_noted(), slower);
  EXPECT_EQ(held.take_noted(), std::nullopt);
}

TEST_F(HeldPublishersTest, ANodeThatWasNeverToldOfIsNotSlow) {
  EXPECT_EQ(slots.pressure(slow), Pressure::none);
  slots.set_pressure(kv::NodeId{9}, Pressure::slow);
  EXPECT_EQ(slots.pressure(slow), Pressure::none);
  EXPECT_EQ(slots.pressure(slots.slot_of(kv::NodeId{9})), Pressure::slow);
  EXPECT_EQ(slots.pressure(routing::NodeSlot{77}), Pressure::none);
}

TEST_F(HeldPublishersTest, TargetsAreTakenOutOneByOne) {
  RemoteTargets targets;
  targets.add_subscribers(slow);
  targets.add_subscribers(slower);
  EXPECT_EQ(targets.remove([&](routing::NodeSlot slot) { return slot == slower; }), 1u);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets.begin()->first, slow);
}

}  // namespace
}  // namespace tenon::broker
