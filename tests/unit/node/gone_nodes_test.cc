#include "node/peers/gone_nodes.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

constexpr NodeId a{7};
constexpr NodeId b{8};
using Ranges = std::vector<std::string>;
using All = std::vector<GoneNodes::Gone>;

TEST(GoneNodes, ANodeIsGoneWhenItWasAwayForLongerThanTheGrace) {
  GoneNodes nodes(100);
  nodes.on_up(a, 3);
  nodes.on_up(b, 4);
  EXPECT_EQ(nodes.due(1000, {""}), All{});
  nodes.on_down(a, 1000);
  EXPECT_EQ(nodes.due(1099, {""}), All{});
  EXPECT_EQ(nodes.due(1100, {""}), (All{{a, 3, ""}}));
  EXPECT_TRUE(nodes.is_gone(a, 3));
  EXPECT_FALSE(nodes.is_gone(b, 4));
}

TEST(GoneNodes, EachRangeIsToldOnceForAnAbsenceAlsoOneThatIsLedLater) {
  GoneNodes nodes(100);
  nodes.on_up(a, 3);
  nodes.on_down(a, 0);
  EXPECT_EQ(nodes.due(100, {"", "m"}), (All{{a, 3, ""}, {a, 3, "m"}}));
  EXPECT_EQ(nodes.due(200, {"", "m"}), All{});
  EXPECT_EQ(nodes.due(300, {"", "m", "t"}), (All{{a, 3, "t"}}));
  nodes.on_up(a, 4);
  EXPECT_FALSE(nodes.is_gone(a, 3));
  nodes.on_down(a, 400);
  EXPECT_EQ(nodes.due(500, {"m"}), (All{{a, 4, "m"}}));
}

TEST(GoneNodes, OneThatComesBackInTimeIsNotGone) {
  GoneNodes nodes(100);
  nodes.on_up(a, 3);
  nodes.on_down(a, 0);
  nodes.on_up(a, 3);
  EXPECT_EQ(nodes.due(1000, {""}), All{});
  nodes.on_down(a, 1000);
  EXPECT_EQ(nodes.due(1050, {""}), All{});
}

TEST(GoneNodes, OneThatWasNeverLinkedIsAwaySinceItWasExpected) {
  GoneNodes nodes(100);
  nodes.expect(a, 50);
  nodes.expect(a, 100);
  EXPECT_EQ(nodes.due(149, {""}), All{});
  EXPECT_EQ(nodes.due(150, {""}), (All{{a, GoneNodes::any_incarnation, ""}}));
  nodes.on_up(b, 1);
  nodes.expect(b, 200);
  EXPECT_EQ(nodes.due(900, {""}), All{});
}

TEST(GoneNodes, OneThatWasRemovedIsGoneAtOnce) {
  GoneNodes nodes(100);
  nodes.on_up(a, 3);
  nodes.on_down(a, 1000);
  nodes.set_removed({a});
  EXPECT_EQ(nodes.due(1001, {""}), (All{{a, 3, ""}}));
}

// Sessions that it held stay attached to it, when all nodes have been started again since it was there.
TEST(GoneNodes, OneThatWasRemovedIsGoneThoughNobodyHasHeardOfIt) {
  GoneNodes nodes(100);
  nodes.set_removed({b});
  EXPECT_EQ(nodes.due(0, {"", "k"}),
            (All{{b, GoneNodes::any_incarnation, ""}, {b, GoneNodes::any_incarnation, "k"}}));
  EXPECT_EQ(nodes.due(1000, {"", "k"}), All{}) << "once";
  EXPECT_TRUE(nodes.is_gone(b, GoneNodes::any_incarnation));
  EXPECT_TRUE(nodes.known().empty());
  nodes.set_removed({b});
  EXPECT_EQ(nodes.due(2000, {""}), All{});
}

}  // namespace
}  // namespace tenon::node
