#include "node/peers/peer_reach.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using kv::NodeId;

constexpr NodeId self{1};
constexpr NodeId b{2};
constexpr NodeId c{3};
constexpr NodeId d{4};
constexpr NodeId e{5};

kv::Members voters(std::vector<NodeId> nodes) {
  return {std::move(nodes), {}, {}};
}

TEST(PeerReach, WhoIsLinkedToAMajorityIsNotCutOff) {
  PeerReach reach;
  reach.on_up(b);
  EXPECT_FALSE(reach.is_cut_off(self, voters({self, b, c})));
  reach.on_down(b);
  EXPECT_TRUE(reach.is_cut_off(self, voters({self, b, c})));
  reach.on_up(c);
  EXPECT_FALSE(reach.is_cut_off(self, voters({self, b, c})));
}

TEST(PeerReach, ANodeAloneIsItsOwnMajority) {
  const PeerReach reach;
  EXPECT_FALSE(reach.is_cut_off(self, voters({self})));
}

TEST(PeerReach, WhoDoesNotVoteNeedsAMajorityOfTheOthers) {
  PeerReach reach;
  reach.on_up(b);
  EXPECT_TRUE(reach.is_cut_off(self, voters({b, c, d})));
  reach.on_up(c);
  EXPECT_FALSE(reach.is_cut_off(self, voters({b, c, d})));
}

TEST(PeerReach, WhereNobodyElseCanHaveAMajorityNothingIsBetterElsewhere) {
  PeerReach reach;
  reach.on_dial_failed(b, true);
  EXPECT_FALSE(reach.is_cut_off(self, voters({self, b, c})));
  // Its host is silent by now: it may be there.
  reach.on_dial_failed(b, false);
  EXPECT_TRUE(reach.is_cut_off(self, voters({self, b, c})));
  reach.set_removed({b});
  EXPECT_FALSE(reach.is_cut_off(self, voters({self, b, c})));
}

TEST(PeerReach, AMinorityOfFiveIsCutOffFromThreeAndNotFromTwo) {
  PeerReach reach;
  reach.on_up(b);
  EXPECT_TRUE(reach.is_cut_off(self, voters({self, b, c, d, e})));
  reach.on_dial_failed(e, true);
  EXPECT_FALSE(reach.is_cut_off(self, voters({self, b, c, d, e})));
}

TEST(PeerReach, InAChangeOfVotersBothMajoritiesCount) {
  PeerReach reach;
  reach.on_up(b);
  const kv::Members change{{self, b, c}, {c, d, e}, {}};
  // It can't go on here, and not there either, as no majority of the new voters is there.
  EXPECT_FALSE(reach.is_cut_off(self, change));
  reach.on_down(b);
  EXPECT_TRUE(reach.is_cut_off(self, change));
}

TEST(PeerReach, WhoWasAbsentAndIsLinkedAgainCountsAsThereWhenTheLinkEnds) {
  PeerReach reach;
  reach.on_dial_failed(b, true);
  reach.on_up(b);
  EXPECT_FALSE(reach.is_silent(b));
  reach.on_down(b);
  EXPECT_TRUE(reach.is_silent(b));
}

}  // namespace
}  // namespace tenon::node
