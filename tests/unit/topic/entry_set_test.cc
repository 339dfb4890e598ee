#include "topic/entry_set.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace tenon::topic {
namespace {

using Set = EntrySet<std::uint64_t, std::uint64_t>;

std::optional<std::uint64_t> value_of(const Set& set, std::uint64_t key) {
  const std::uint64_t* found = set.find(key);
  return found ? std::optional(*found) : std::nullopt;
}

void expect_equal(const Set& set, const std::map<std::uint64_t, std::uint64_t>& model) {
  ASSERT_EQ(set.size(), model.size());
  std::map<std::uint64_t, std::uint64_t> listed;
  for (const auto& entry : set.entries()) listed[entry.key] = entry.value;
  ASSERT_EQ(listed, model);
  for (const auto& [key, value] : model) {
    ASSERT_EQ(value_of(set, key), value) << key;
  }
}

TEST(EntrySet, OneEntryIsHeldInPlace) {
  Set set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.insert(7, 70));
  EXPECT_EQ(set.heap_bytes(), 0u);
  EXPECT_EQ(value_of(set, 7), 70u);
  EXPECT_EQ(set.find(8), nullptr);
  EXPECT_LE(sizeof(Set), 24u);
}

TEST(EntrySet, InsertReplacesAndReturnsTheFormerValue) {
  Set set;
  set.insert(7, 70);
  EXPECT_EQ(set.insert(7, 71), 70u);
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(value_of(set, 7), 71u);
}

TEST(EntrySet, EraseOfAnUnknownKeyChangesNothing) {
  Set set;
  EXPECT_FALSE(set.erase(1));
  set.insert(1, 10);
  EXPECT_FALSE(set.erase(2));
  EXPECT_EQ(set.erase(1), 10u);
  EXPECT_TRUE(set.empty());
}

TEST(EntrySet, BehavesAsAMapUnderRandomChanges) {
  for (const unsigned key_count : {2u, 20u, 40u, 1000u}) {
    std::mt19937 random(key_count);
    Set set;
    std::map<std::uint64_t, std::uint64_t> model;
    for (unsigned step = 0; step < 6000; ++step) {
      // Grows in one half, shrinks in the other.
      const std::uint64_t key = random() % key_count;
      const bool insert = random() % 10 < (step < 3000 ? 7u : 3u);
      if (insert) {
        const bool known = model.contains(key);
        ASSERT_EQ(set.insert(key, step).has_value(), known);
        model[key] = step;
      } else {
        ASSERT_EQ(set.erase(key).has_value(), model.erase(key) == 1);
      }
      if (step % 97 == 0) expect_equal(set, model);
    }
    expect_equal(set, model);
    while (!model.empty()) {
      const std::uint64_t key = model.begin()->first;
      ASSERT_TRUE(set.erase(key));
      model.erase(key);
    }
    expect_equal(set, model);
    EXPECT_EQ(set.heap_bytes(), 0u);
  }
}

TEST(EntrySet, EntriesThatOwnMemoryAreMovedAndFreed) {
  EntrySet<std::string, std::unique_ptr<int>> set;
  for (int i = 0; i < 100; ++i)
    set.insert("a rather long key number " + std::to_string(i), std::make_unique<int>(i));
  {
    const auto* found = set.find("a rather long key number 42");
    EXPECT_TRUE(found && **found == 42);
  }
  for (int i = 0; i < 99; ++i) {
    const auto former = set.erase("a rather long key number " + std::to_string(i));
    ASSERT_TRUE(former);
    EXPECT_EQ(**former, i);
  }
  EntrySet<std::string, std::unique_ptr<int>> other(std::move(set));
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(other.size(), 1u);
  set = std::move(other);
  {
    const auto* found = set.find("a rather long key number 99");
    EXPECT_TRUE(found && **found == 99);
  }
}

}  // namespace
}  // namespace tenon::topic
