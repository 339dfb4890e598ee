#include "sim/cluster/wires.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

struct RecordingOwner final : WireOwner {
  void on_dialled(std::uint32_t, WireKey key) override { wire = key, said += "dialled "; }
  void on_dial_failed(std::uint32_t) override { said += "failed "; }
  void on_accepted(WireKey key) override { wire = key, said += "accepted "; }
  void on_bytes(WireKey, const std::string& bytes) override { got += bytes; }
  void on_closed(WireKey) override { said += "closed "; }

  WireKey wire{};
  std::string said;
  std::string got;
};

struct WiresTest : testing::Test {
  WiresTest() {
    wires.add_place();
    wires.add_place();
    wires.attach(0, a);
    wires.attach(1, b);
  }
  void run_for(std::int64_t ns) {
    const MonoNs end_ns = world.now_ns() + ns;
    while (world.events().step(end_ns)) {
    }
  }
  void connect() {
    wires.dial(0, 1);
    run_for(ns_per_s);
    ASSERT_EQ(a.said + b.said, "dialled accepted ");
    a.said = b.said = "";
  }

  World world{1, false};
  Wires wires{world, {.loss_per_million = 200'000}};
  RecordingOwner a;
  RecordingOwner b;
};

TEST_F(WiresTest, BytesKeepTheirOrderAndNoneIsLost) {
  connect();
  std::string sent;
  for (char c = 'a'; c <= 'z'; ++c) {
    wires.write(0, a.wire, {c});
    sent += c;
  }
  run_for(10 * ns_per_s);
  EXPECT_EQ(b.got, sent);
}

TEST_F(WiresTest, WhatIsSentIntoABlockedWayComesWhenItIsFree) {
  connect();
  wires.block(0, 1);
  wires.write(0, a.wire, "x");
  wires.write(1, b.wire, "y");
  run_for(10 * ns_per_s);
  EXPECT_EQ(b.got, "");
  EXPECT_EQ(a.got, "y");
  wires.unblock(0, 1);
  run_for(2 * ns_per_s);
  EXPECT_EQ(b.got, "x");
}

TEST_F(WiresTest, CloseComesBehindWhatWasWritten) {
  connect();
  wires.write(0, a.wire, "x");
  wires.close(0, a.wire);
  run_for(5 * ns_per_s);
  EXPECT_EQ(b.got, "x");
  EXPECT_EQ(b.said, "closed ");
  EXPECT_EQ(a.said, "");
}

TEST_F(WiresTest, EndOfAProcessIsHeardOf) {
  connect();
  wires.detach(1, NodeEnd::process);
  run_for(5 * ns_per_s);
  EXPECT_EQ(a.said, "closed ");
}

TEST_F(WiresTest, LossOfPowerIsHeardOfWhenTheOtherSystemIsBackAndIsAsked) {
  connect();
  wires.detach(1, NodeEnd::power);
  wires.write(0, a.wire, "x");
  run_for(5 * ns_per_s);
  EXPECT_EQ(a.said, "");
  RecordingOwner next;
  wires.attach(1, next);
  run_for(5 * ns_per_s);
  EXPECT_EQ(a.said, "");
  wires.write(0, a.wire, "y");
  run_for(5 * ns_per_s);
  EXPECT_EQ(a.said, "closed ");
  EXPECT_EQ(next.got, "");
}

TEST_F(WiresTest, DialFailsAtOnceWhereNobodyListensAndLaterWhereNobodyAnswers) {
  wires.detach(1, NodeEnd::process);
  wires.dial(0, 1);
  run_for(ns_per_s);
  EXPECT_EQ(a.said, "failed ");
  wires.attach(1, b);
  wires.block(1, 0);
  wires.dial(0, 1);
  run_for(2 * ns_per_s);
  EXPECT_EQ(a.said, "failed ");
  run_for(3 * ns_per_s);
  EXPECT_EQ(a.said, "failed failed ");
}

TEST_F(WiresTest, DialGetsThroughWhenTheWayBecomesFreeInTime) {
  wires.block(0, 1);
  wires.dial(0, 1);
  run_for(ns_per_s / 2);
  wires.unblock(0, 1);
  run_for(3 * ns_per_s);
  EXPECT_EQ(a.said + b.said, "dialled accepted ");
}

}  // namespace
}  // namespace tenon::sim
