#include "broker/link/filter_list.h"

#include <gtest/gtest.h>

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

TEST(FilterList, BehavesLikeASet) {
  std::mt19937 random(5);
  FilterList filters;
  std::set<std::string> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string filter(random() % 40, static_cast<char>('a' + random() % 3));
    if (random() % 2)
      EXPECT_EQ(filters.insert(filter), model.insert(filter).second);
    else
      EXPECT_EQ(filters.erase(filter), model.erase(filter) == 1);
    ASSERT_EQ(filters.size(), model.size());
    ASSERT_EQ(filters.contains(filter), model.contains(filter));
  }
  EXPECT_EQ(all(filters), std::vector<std::string>(model.begin(), model.end()));
}

}  // namespace
}  // namespace tenon::broker
