// Order of keys, edges of ranges, sizes.
#include <algorithm>

#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

using namespace std::string_literals;

// Ascending as unsigned bytes, then by length.
const std::vector<std::string> ordered_keys = {
    ""s,     "\x00"s, "\x00\x00"s, "\x00\xff"s, "\x01"s,     "a"s,        "a\x00"s,       "a\x00\x01"s,
    "aa"s,   "ab"s,   "b"s,        "b\x7f"s,    "b\x80"s,    "b\xff"s,    "b\xff\xff"s,   "\x7f"s,
    "\x80"s, "\xfe"s, "\xfe\xff"s, "\xff"s,     "\xff\x00"s, "\xff\xff"s, "\xff\xff\xff"s};

TEST_P(StorageSuite, KeysCompareAsUnsignedBytesThenByLength) {
  Batch batch;
  for (const std::string& key : ordered_keys) batch.push_back(put(1, key, "v" + key));
  std::reverse(batch.begin(), batch.end());
  must_write(batch);

  Items expected;
  for (const std::string& key : ordered_keys) expected.emplace_back(key, "v" + key);
  EXPECT_EQ(engine().scan(1), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(engine().scan(1, "", "", TENON_ITER_REVERSE), expected);
}

TEST_P(StorageSuite, RangesCutBetweenAnyTwoKeys) {
  Batch batch;
  for (const std::string& key : ordered_keys) batch.push_back(put(1, key, "v"));
  must_write(batch);
  Contents model;
  model.apply(batch);
  for (const std::string& begin : ordered_keys)
    for (const std::string& end : ordered_keys)
      for (const std::uint32_t flags : {0u, TENON_ITER_REVERSE})
        EXPECT_EQ(engine().scan(1, begin, end, flags), model.range(1, begin, end, flags != 0));
}

TEST_P(StorageSuite, DeleteRangeCutsBetweenAnyTwoKeys) {
  Batch all;
  for (const std::string& key : ordered_keys) all.push_back(put(1, key, "v"));
  for (std::size_t i = 0; i < ordered_keys.size(); i += 3)
    for (std::size_t j = 0; j < ordered_keys.size(); j += 2) {
      const Batch range = {erase_range(1, ordered_keys[i], ordered_keys[j])};
      ASSERT_EQ(engine().write_v({all, range}), TENON_OK);
      Contents model;
      model.apply(all);
      model.apply(range);
      EXPECT_EQ(engine().scan(1), model.range(1, "", "", false)) << i << " to " << j;
    }
}

TEST_P(StorageSuite, EmptyKeyAndEmptyValueAreOrdinary) {
  must_write({put(0, "", "of the empty key"), put(0, "k", "")});
  EXPECT_EQ(engine().get(0, ""), "of the empty key");
  EXPECT_EQ(engine().get(0, "k"), "");
  EXPECT_EQ(engine().scan(0), (Items{{"", "of the empty key"}, {"k", ""}}));
  must_write({erase(0, "")});
  EXPECT_EQ(engine().get(0, ""), std::nullopt);
  EXPECT_EQ(engine().get(0, "k"), "");
}

TEST_P(StorageSuite, SpacesAreApart) {
  const std::uint32_t last = engine().info().space_max;
  const std::vector<std::uint32_t> spaces = {0, 1, 2, 255, 256, last - 1, last};
  Batch batch;
  for (const std::uint32_t space : spaces)
    for (const char* key : {"", "a", "\xff\xff\xff\xff"})
      batch.push_back(put(space, key, std::to_string(space)));
  must_write(batch);
  for (const std::uint32_t space : spaces)
    for (const std::uint32_t flags : {0u, TENON_ITER_REVERSE}) {
      const Items items = engine().scan(space, "", "", flags);
      ASSERT_EQ(items.size(), 3u) << space;
      for (const auto& [key, value] : items) EXPECT_EQ(value, std::to_string(space));
    }
  must_write({erase_range(1, "", ""), erase_range(last, "a", "")});
  EXPECT_TRUE(engine().scan(1).empty());
  EXPECT_EQ(engine().scan(0).size(), 3u);
  EXPECT_EQ(engine().scan(2).size(), 3u);
  EXPECT_EQ(engine().scan(last).size(), 1u);
  EXPECT_EQ(engine().scan(last - 1).size(), 3u);
}

TEST_P(StorageSuite, LongestKeyIsKept) {
  const std::string longest(engine().info().key_bytes_max, 'x');
  std::string before = longest;
  before.back() = 'w';
  must_write({put(0, longest, "last"), put(0, before, "first")});
  EXPECT_EQ(engine().get(0, longest), "last");
  EXPECT_EQ(engine().scan(0, before, longest), (Items{{before, "first"}}));
  must_write({erase(0, longest)});
  EXPECT_EQ(engine().get(0, longest), std::nullopt);
  EXPECT_EQ(engine().get(0, before), "first");
}

TEST_P(StorageSuite, ValuesOfEachSizeAreKeptReplacedAndDeleted) {
  const std::vector<std::size_t> sizes = {0,    1,    100,  511,  512,   513,     514,     1000,    2000,
                                          4000, 4095, 4096, 8192, 70000, 1 << 20, 3000000, 10000000};
  const auto value = [](std::size_t size, char c) { return std::string(size, c); };
  for (const std::size_t first : sizes) must_write({put(0, "k" + std::to_string(first), value(first, 'a'))});
  for (const std::size_t first : sizes)
    EXPECT_TRUE(engine().get(0, "k" + std::to_string(first)) == value(first, 'a')) << first;
  // Each size replaced by each of some others.
  for (const std::size_t first : sizes) {
    const std::string key = "k" + std::to_string(first);
    for (const std::size_t second :
         {std::size_t{5}, std::size_t{3000}, std::size_t{513}, std::size_t{80000}}) {
      must_write({put(0, key, value(second, 'b'))});
      EXPECT_TRUE(engine().get(0, key) == value(second, 'b')) << first << " by " << second;
    }
  }
  for (const std::size_t first : sizes) must_write({erase(0, "k" + std::to_string(first))});
  EXPECT_TRUE(engine().scan(0).empty());
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
}

TEST_P(StorageSuite, RangesOfLargeAndSmallValuesAreDeletedTogether) {
  Batch batch;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(100 + i);
    batch.push_back(put(0, key, std::string(i % 2 == 0 ? 10 : 5000, 'v')));
  }
  must_write(batch);
  must_write({erase_range(0, "k110", "k130")});
  EXPECT_EQ(engine().scan(0).size(), 20u);
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
  must_write({erase_range(0, "", "")});
  EXPECT_TRUE(engine().scan(0).empty());
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
}

}  // namespace
}  // namespace tenon::test
