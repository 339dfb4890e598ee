#include "broker/link/filter_list.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tenon::broker {
namespace {

std::vector<std::string> all(const FilterList& filters) {
  std::vector<std::string> found;
  filters.for_each([&](std::string_view filter) { found.emplace_back(filter); });
  return found;
}

TEST(FilterList, IsSortedAndHasEachOnce) {
  FilterList filters;
  EXPECT_TRUE(filters.insert("b/#"));
  EXPECT_TRUE(filters.insert("a"));
  EXPECT_TRUE(filters.insert("b"));
  EXPECT_FALSE(filters.insert("a"));
  EXPECT_EQ(all(filters), (std::vector<std::string>{"a", "b", "b/#"}));
  EXPECT_EQ(filters.size(), 3u);
}

TEST(FilterList, WhatIsNotThereIsNotErased) {
  FilterList filters;
  EXPECT_FALSE(filters.erase("a"));
  filters.insert("a");
  EXPECT_FALSE(filters.erase("b"));
  EXPECT_TRUE(filters.erase("a"));
  EXPECT_EQ(filters.size(), 0u);
  EXPECT_FALSE(filters.contains("a"));
}

TEST(FilterList, TakesTheLongestFilter) {
  FilterList filters;
  const std::string longest(65'535, 'x');
  EXPECT_TRUE(filters.insert(longest));
  EXPECT_TRUE(filters.insert("a"));
  EXPECT_EQ(all(filters), (std::vector<std::string>{"a", longest}));
}

// Some that a client may have: none, those of one block, and those of many.
std::string any_filter(std::mt19937& random) {
  const std::size_t count = 1 + random() % 5;
  std::string filter = random() % 20 == 0 ? "" : "t";
  for (std::size_t i = 0; i < count; ++i) filter += "/" + std::to_string(random() % 4);
  return filter;
}

TEST(FilterList, BehavesLikeASet) {
  std::mt19937 random(5);
  FilterList filters;
  std::set<std::string> model;
  for (int step = 0; step < 100'000; ++step) {
    // Grows to some hundreds, and goes back to none, again and again.
    const bool grows = step / 5'000 % 2 == 0;
    std::string filter = any_filter(random);
    if (!grows && !model.empty() && random() % 4 != 0)
      filter = *std::next(model.begin(), random() % model.size());
    if (random() % 10 < (grows ? 9u : 1u))
      EXPECT_EQ(filters.insert(filter), model.insert(filter).second);
    else
      EXPECT_EQ(filters.erase(filter), model.erase(filter) == 1);
    ASSERT_EQ(filters.size(), model.size());
    ASSERT_EQ(filters.contains(filter), model.contains(filter));
  }
  EXPECT_EQ(all(filters), std::vector<std::string>(model.begin(), model.end()));
}

TEST(FilterList, TenThousandAreThereOnceEach) {
  FilterList filters;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(filters.insert("some/filter/" + std::to_string(i)));
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(filters.insert("some/filter/" + std::to_string(i)));
  EXPECT_EQ(filters.size(), 10'000u);
  EXPECT_EQ(all(filters).size(), 10'000u);
}

}  // namespace
}  // namespace tenon::broker
