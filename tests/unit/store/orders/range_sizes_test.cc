#include "store/orders/range_sizes.h"

#include <gtest/gtest.h>

#include "unit/kv/fake_engine.h"
#include "unit/kv/text_machine.h"

namespace tenon::store {
namespace {

class Sizes : public testing::Test {
 protected:
  Sizes() : range_(record(), engine_.state, engine_.sources, std::make_unique<kv::TextMachine>()) {
    EXPECT_TRUE(range_.load());
  }
  static kv::RangeRecord record() {
    kv::RangeRecord record;
    record.id = {7, 1};
    record.descriptor.store = kv::StoreId::inbox;
    record.descriptor.epoch = {1, 1};
    return record;
  }
  void put(const std::string& key, const std::string& value) {
    kv::EntryBuilder builder;
    const std::string text = "put " + key + " " + value;
    builder.add({kv::Command::Kind::service, kv::SourceId::none, 0, text});
    EXPECT_TRUE(range_.apply({range_.applied().index + 1, 1}, builder.take(1'700'000'000'000)).ok());
  }
  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put("k" + std::to_string(1000 + i), "12345");
  }
  // Steps until there is nothing to be done; how many.
  std::size_t walk(MonoNs now_ns) {
    std::size_t steps = 1;
    for (; *sizes_.step(range_, now_ns); ++steps) {
    }
    return steps;
  }

  kv::FakeEngine engine_;
  kv::Range range_;
  RangeSizes sizes_;
};

TEST_F(Sizes, AreKnownWhenAWalkHasComeToItsEnd) {
  fill(300);
  EXPECT_EQ(sizes_.bytes(range_.id()), std::nullopt);
  EXPECT_TRUE(*sizes_.step(range_, 0));
  EXPECT_EQ(sizes_.bytes(range_.id()), std::nullopt);
  walk(0);
  EXPECT_EQ(sizes_.bytes(range_.id()), 300u * (5 + 5));
}

TEST_F(Sizes, OfARangeThatHasNothingAreZero) {
  walk(0);
  EXPECT_EQ(sizes_.bytes(range_.id()), 0u);
}

TEST_F(Sizes, AreFoundOutAnewBehindARestIfAnythingWasApplied) {
  fill(300);
  walk(0);
  EXPECT_EQ(walk(RangeSizes::rest_ns), 1u) << "nothing was applied";
  put("z", "1");
  EXPECT_EQ(walk(RangeSizes::rest_ns - 1), 1u) << "it rests";
  EXPECT_EQ(walk(RangeSizes::rest_ns), 3u);
  EXPECT_EQ(sizes_.bytes(range_.id()), 300u * 10 + 2);
}

TEST_F(Sizes, OfRangesThatAreNotKeptAreForgotten) {
  walk(0);
  const kv::RangeId ids[] = {range_.id()};
  sizes_.keep(ids);
  EXPECT_TRUE(sizes_.bytes(range_.id()));
  sizes_.keep({});
  EXPECT_FALSE(sizes_.bytes(range_.id()));
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
  EXPECT_EQ(sizes_.largest_group(range_.id()).count, 0u);
  walk(0);
  const LargestGroup largest = sizes_.largest_group(range_.id());
  EXPECT_EQ(largest.count, 500u);
  EXPECT_EQ(largest.key, "m:");
  EXPECT_TRUE(range_.machine().may_split_at(largest.key));
}

TEST_F(Sizes, AGroupThatIsTheFirstIsCutOffWhereTheNextOneBegins) {
  sizes_ = RangeSizes(group_of);
  for (int i = 0; i < 9; ++i) put("a:" + std::to_string(i), "1");
  put("b:0", "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range_.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range_.id()).key, "b:");
}

TEST_F(Sizes, AGroupThatHasTheRangeForItselfCanNotBeCut) {
  sizes_ = RangeSizes(group_of);
  for (int i = 0; i < 9; ++i) put("a:" + std::to_string(i), "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range_.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range_.id()).key, "");
}

TEST_F(Sizes, NoPlaceIsNamedWhereTheMachineMayNotBeSplit) {
  sizes_ = RangeSizes(group_of);
  put("a:1", "1");
  for (int i = 0; i < 9; ++i) put("m/x:" + std::to_string(i), "1");
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range_.id()).count, 9u);
  EXPECT_EQ(sizes_.largest_group(range_.id()).key, "");
}

TEST_F(Sizes, OfKeysInNoGroupThereIsNoLargest) {
  sizes_ = RangeSizes([](kv::StoreId, std::string_view) { return std::size_t{0}; });
  fill(10);
  walk(0);
  EXPECT_EQ(sizes_.largest_group(range_.id()).count, 0u);
  EXPECT_EQ(sizes_.largest_group(range_.id()).key, "");
}

}  // namespace
}  // namespace tenon::store
