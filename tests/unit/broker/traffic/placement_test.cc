#include "broker/traffic/placement.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::broker {
namespace {

TEST(Placement, WithoutAWeightNobodyStaysWhoeverHeIs) {
  const std::vector<NodeShare> others{{0, 0}, {2, 5}};
  for (const bool can_be_told : {true, false}) {
    const Placement placement = place({0, 0}, others, can_be_told);
    EXPECT_FALSE(placement.stays);
    EXPECT_EQ(placement.to, 1u);
  }
}

TEST(Placement, NobodyIsSentToWhereHeIsNotLetInOrThatHasNoAddress) {
  std::vector<NodeShare> others{{1, 0, false, true}, {1, 0, true, false}};
  EXPECT_FALSE(place({0, 0}, others, true).stays);
  EXPECT_FALSE(place({0, 0}, others, true).to);
  others.push_back({1, 1000, true, true});
  EXPECT_EQ(place({0, 0}, others, true).to, 2u);
}

TEST(Placement, WhoIsSentAwayGoesWhereThereIsLeastForTheWeight) {
  EXPECT_EQ(place({0, 0}, std::vector<NodeShare>{{1, 10}, {3, 20}, {1, 9}}, true).to, 1u);
  EXPECT_EQ(place({0, 0}, std::vector<NodeShare>{{1, 10}, {3, 50}, {1, 9}}, true).to, 2u);
}

TEST(Placement, ANodeAboveItsShareSendsOnThoseThatCanBeTold) {
  const std::vector<NodeShare> others{{3, 0}};
  EXPECT_TRUE(place({1, 9}, others, true).stays) << "a handful is nobody's trouble";
  EXPECT_FALSE(place({1, 40}, others, true).stays);
  EXPECT_EQ(place({1, 40}, others, true).to, 0u);
  EXPECT_TRUE(place({1, 40}, others, false).stays);
}

TEST(Placement, ANodeWithinItsShareKeepsWhoeverComes) {
  EXPECT_TRUE(place({1, 100}, std::vector<NodeShare>{{3, 300}}, true).stays);
  EXPECT_TRUE(place({1, 124}, std::vector<NodeShare>{{3, 300}}, true).stays) << "not for so little";
  EXPECT_FALSE(place({1, 170}, std::vector<NodeShare>{{3, 300}}, true).stays);
  EXPECT_TRUE(place({3, 300}, std::vector<NodeShare>{{1, 100}}, true).stays);
  EXPECT_TRUE(place({1, 1000}, std::vector<NodeShare>{}, true).stays) << "there is nobody else";
  EXPECT_TRUE(place({1, 1000}, std::vector<NodeShare>{{0, 0}, {5, 0, false}}, true).stays);
}

// Nodes that all know the truth never send a client in a circle: who is sent on gets somewhere.
TEST(Placement, WhoIsSentOnIsKeptWhereHeIsSentTo) {
  for (std::uint64_t mine = 0; mine < 200; mine += 7)
    for (std::uint64_t theirs = 0; theirs < 200; theirs += 11)
      for (const std::uint32_t weight : {1u, 2u, 7u}) {
        const NodeShare self{weight, mine};
        const NodeShare other{3, theirs};
        if (place(self, std::vector<NodeShare>{other}, true).stays) continue;
        EXPECT_TRUE(place(other, std::vector<NodeShare>{self}, true).stays)
            << mine << " " << theirs << " " << weight;
      }
}

}  // namespace
}  // namespace tenon::broker
