#include "base/token_slab.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace tenon {
namespace {

TEST(TokenSlab, ErasedTokenFindsNothingEvenWhenThePlaceIsTakenAgain) {
  TokenSlab<int> slab;
  const auto first = slab.insert(1);
  ASSERT_EQ(*slab.find(first), 1);
  EXPECT_TRUE(slab.erase(first));
  EXPECT_FALSE(slab.erase(first));
  const auto second = slab.insert(2);
  EXPECT_EQ(slab.place_of(first), slab.place_of(second)) << "the place is reused";
  EXPECT_EQ(slab.find(first), nullptr);
  EXPECT_EQ(*slab.find(second), 2);
}

TEST(TokenSlab, TokensAreNeverZeroAndNeverRepeated) {
  TokenSlab<int> slab;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto token = slab.insert(i);
    EXPECT_NE(token, 0u);
    EXPECT_TRUE(seen.insert(token).second);
    if (i % 3) slab.erase(token);
  }
}

TEST(TokenSlab, ValuesStayWhereTheyAreWhileTheSlabGrows) {
  TokenSlab<int> slab;
  const auto first = slab.insert(7);
  const int* place = slab.find(first);
  for (int i = 0; i < 5000; ++i) slab.insert(i);
  EXPECT_EQ(slab.find(first), place);
  EXPECT_EQ(slab.size(), 5001u);
}

TEST(TokenSlab, MadeUpTokensFindNothing) {
  TokenSlab<int> slab;
  EXPECT_EQ(slab.find(0), nullptr);
  EXPECT_EQ(slab.find(UINT64_MAX), nullptr);
  const auto token = slab.insert(1);
  EXPECT_EQ(slab.find(token + 1), nullptr) << "a place that was never given out";
  EXPECT_EQ(slab.find(token + TokenSlab<int>::places_max), nullptr) << "a generation to come";
  EXPECT_FALSE(slab.erase(token + 1));
}

TEST(TokenSlab, PlaceAndTokenLeadToEachOther) {
  TokenSlab<int> slab;
  slab.insert(1);
  const auto token = slab.insert(2);
  EXPECT_EQ(slab.token_of(slab.place_of(token)), token);
  EXPECT_EQ(slab.at(slab.place_of(token)), 2);
}

}  // namespace
}  // namespace tenon
