#include "store/founding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/disk/engine_layout.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store {
namespace {

using kv::RangeRecord;

TEST(FirstRanges, OneMoreThanThereAreSplitKeysCoversTheStoreWithoutAHole) {
  const std::string split_keys[] = {"g", "p"};
  const auto records = first_ranges(StoreId::inbox, split_keys, {NodeId{1}});
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].descriptor.begin, "");
  EXPECT_EQ(records[0].descriptor.end, "g");
  EXPECT_EQ(records[1].descriptor.begin, "g");
  EXPECT_EQ(records[1].descriptor.end, "p");
  EXPECT_EQ(records[2].descriptor.begin, "p");
  EXPECT_EQ(records[2].descriptor.end, "");
  for (const RangeRecord& record : records) {
    EXPECT_EQ(record.descriptor.store, StoreId::inbox);
    EXPECT_EQ(record.applied, kv::LogPoint{});
  }
}

TEST(FirstRanges, AreTheSameWhateverTheOrderOfTheVoters) {
  const auto one = first_ranges(StoreId::dist, {}, {NodeId{1}, NodeId{2}, NodeId{3}});
  const auto other = first_ranges(StoreId::dist, {}, {NodeId{3}, NodeId{1}, NodeId{2}});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].id, other[0].id);
  EXPECT_EQ(one[0].descriptor, other[0].descriptor);
}

TEST(FirstRanges, OfDifferentStoresNeverHaveTheSameNumber) {
  const std::vector<std::string> split_keys{"a", "b", "c"};
  std::set<std::uint64_t> numbers;
  for (const StoreId store : {StoreId::meta, StoreId::dist, StoreId::inbox, StoreId::retain})
    for (const RangeRecord& record : first_ranges(store, split_keys, {NodeId{1}}))
      numbers.insert(record.id.number);
  EXPECT_EQ(numbers.size(), 16u);
}

class RangeRecords : public ::testing::Test {
 protected:
  tenon::test::TempDir dir;
};

TEST_F(RangeRecords, OutliveTheEngine) {
  const std::string split_keys[] = {"m"};
  const auto written = first_ranges(StoreId::inbox, split_keys, {NodeId{7}});
  {
    test::PluginsUnderTest plugins(dir.path(), "sqlite");
    EXPECT_TRUE(read_range_records(plugins.engine()).value().empty());
    ASSERT_TRUE(write_range_records(plugins.engine(), written).ok());
  }
  test::PluginsUnderTest plugins(dir.path(), "sqlite");
  const auto found = read_range_records(plugins.engine());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*found)[i].id, written[i].id);
    EXPECT_EQ((*found)[i].descriptor, written[i].descriptor);
  }
}

TEST_F(RangeRecords, ThatDoNotHoldTogetherAreNamed) {
  test::PluginsUnderTest plugins(dir.path(), "memory");
  ASSERT_TRUE(write_range_records(plugins.engine(), first_ranges(StoreId::meta, {}, {NodeId{7}})).ok());
  ASSERT_TRUE(plugins.engine().put(record_space, kv::range_key({9, 1}), "?").ok());
  const auto found = read_range_records(plugins.engine());
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("memory"), std::string::npos) << found.error().message;
}

}  // namespace
}  // namespace tenon::store
