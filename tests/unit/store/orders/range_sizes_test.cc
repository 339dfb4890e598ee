#include "store/orders/range_sizes.h"

#include <gtest/gtest.h>

#include "unit/store/orders/filled_range.h"

namespace tenon::store {
namespace {

class Sizes : public testing::Test, protected FilledRange {
 protected:
  // Steps until there is nothing to be done; how many.
  std::size_t walk(MonoNs now_ns) {
    std::size_t steps = 1;
    for (; *sizes_.step(range, now_ns); ++steps) {
    }
    return steps;
  }

  RangeSizes sizes_;
};

TEST_F(Sizes, AreKnownWhenAWalkHasComeToItsEnd) {
  fill(300);
  EXPECT_EQ(sizes_.bytes(range.id()), std::nullopt);
  EXPECT_TRUE(*sizes_.step(range, 0));
  EXPECT_EQ(sizes_.bytes(range.id()), std::nullopt);
  walk(0);
  EXPECT_EQ(sizes_.bytes(range.id()), 300u * (5 + 5));
}

TEST_F(Sizes, OfARangeThatHasNothingAreZero) {
  walk(0);
  EXPECT_EQ(sizes_.bytes(range.id()), 0u);
}

TEST_F(Sizes, AreFoundOutAnewBehindARestIfAnythingWasApplied) {
  fill(300);
  walk(0);
  EXPECT_EQ(walk(RangeSizes::rest_ns), 1u) << "nothing was applied";
  put("z", "1");
  EXPECT_EQ(walk(RangeSizes::rest_ns - 1), 1u) << "it rests";
  EXPECT_EQ(walk(RangeSizes::rest_ns), 3u);
  EXPECT_EQ(sizes_.bytes(range.id()), 300u * 10 + 2);
}

TEST_F(Sizes, OfRangesThatAreNotKeptAreForgotten) {
  walk(0);
  const kv::RangeId ids[] = {range.id()};
  sizes_.keep(ids);
  EXPECT_TRUE(sizes_.bytes(range.id()));
  sizes_.keep({});
  EXPECT_FALSE(sizes_.bytes(range.id()));
}

// Of a key, what stands before ':' is its group.
std::size_t group_of(kv::StoreId, std::string_view key) {
  const std::size_t end = key.find(':');
  return end == std::string_view::npos ? std::size_t{0} : end + 1;
}

TEST_F(Sizes, ShowTheLargestGroupOfKeysAndWhereItBegins) {
  sizes_ = RangeSizes(group_of);
  for (int i = 1000; i < 1010; ++i) put("a:" + std::to_string(i), "1");
  for (int i = 1000; i < 1500; ++i) put("m:" + std::to_string(i), "1");
  for (int i = 1000; i < 1100; ++i) put("z" + std::to_string(i), "1");
  EXPECT_EQ(sizes_.largest_group(range.id()).count, 0u);
  walk(0);
  const LargestGroup largest = sizes_.largest_group(range.id());
  EXPECT_EQ(largest.count, 500u);
  EXPECT_EQ(largest.key, "m:");
  EXPECT_TRUE(range.machine().may_split_at(largest.key));
}

TEST_F(Sizes, AGroupThatIsTheFirstIsCutOffWhereTheNextOneBegins) {
  sizes_ = RangeSizes(group_of);
  for (int i = 0; i < 9; ++i) put("a:" + std::to_string(i), "1");
  put("b:0", "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range.id()).key, "b:");
}

TEST_F(Sizes, AGroupThatHasTheRangeForItselfCanNotBeCut) {
  sizes_ = RangeSizes(group_of);
  for (int i = 0; i < 9; ++i) put("a:" + std::to_string(i), "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range.id()).key, "");
}

TEST_F(Sizes, NoPlaceIsNamedWhereTheMachineMayNotBeSplit) {
  sizes_ = RangeSizes(group_of);
  put("a:1", "1");
  for (int i = 0; i < 9; ++i) put("m/x:" + std::to_string(i), "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range.id()).key, "");
}

TEST_F(Sizes, OfKeysInNoGroupThereIsNoLargest) {
  sizes_ = RangeSizes([](kv::StoreId, std::string_view) { return std::size_t{0}; });
  fill(10);
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range.id()).count, 0u);
  EXPECT_EQ(sizes_.largest_group(range.id()).key, "");
}

}  // namespace
}  // namespace tenon::store
