#include "routing/offer_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::routing {
namespace {

using PutOff = OfferOrder::PutOff;
using Indexes = std::vector<std::size_t>;

TEST(OfferOrder, BeginsWithWhoseTurnItIsAndGoesRound) {
  OfferOrder order(4, 2);
  Indexes offered;
  while (const auto index = order.next()) {
    offered.push_back(*index);
    EXPECT_EQ(order.is_first(), *index == 2);
    EXPECT_EQ(order.is_last(), *index == 1);
  }
  EXPECT_EQ(offered, (Indexes{2, 3, 0, 1}));
}

TEST(OfferOrder, HasNobodyInAnEmptyGroup) {
  OfferOrder order(0, 0);
  EXPECT_EQ(order.next(), std::nullopt);
}

TEST(OfferOrder, WhoIsAwayComesBehindAllAndWhoIsFullBehindThat) {
  OfferOrder order(4, 1);
  Indexes offered;
  while (const auto index = order.next()) {
    if (*index == 1 && order.put_off(PutOff::full)) continue;
    if (*index == 2 && order.put_off(PutOff::away)) continue;
    offered.push_back(*index);
  }
  EXPECT_EQ(offered, (Indexes{3, 0, 2, 1}));
}

TEST(OfferOrder, OfThoseThatArePutOffForOneReasonTheFirstComesAgain) {
  OfferOrder order(4, 3);
  Indexes taken;
  while (const auto index = order.next())
    if (!order.put_off(PutOff::away)) taken.push_back(*index);
  EXPECT_EQ(taken, Indexes{3});
}

TEST(OfferOrder, NobodyIsLookedForWithoutEndWhoIsNotAway) {
  OfferOrder order(1000, 0);
  while (order.next())
    if (!order.put_off(PutOff::away)) break;
  EXPECT_EQ(order.next(), OfferOrder::away_offers_max + 1);
}

TEST(OfferOrder, LastOneIsNotLastWhileAnotherIsPutOff) {
  OfferOrder order(2, 0);
  EXPECT_EQ(order.next(), 0u);
  EXPECT_TRUE(order.put_off(PutOff::full));
  EXPECT_EQ(order.next(), 1u);
  EXPECT_FALSE(order.is_last());
  EXPECT_EQ(order.next(), 0u);
  EXPECT_TRUE(order.is_last());
  EXPECT_EQ(order.next(), std::nullopt);
}

}  // namespace
}  // namespace tenon::routing
