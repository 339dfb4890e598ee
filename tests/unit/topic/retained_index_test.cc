#include "topic/retained_index.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "topic/topic.h"

namespace tenon::topic {
namespace {

using Retained = RetainedIndex<int>;
using Names = std::set<std::string>;

Names matching(const Retained& index, std::string_view pattern) {
  Names names;
  index.match(pattern, [&](std::string_view name, const int&) {
    EXPECT_TRUE(names.insert(std::string(name)).second) << name << " came twice";
    return true;
  });
  return names;
}

// [MQTT-3.3.1-5]
TEST(RetainedIndex, SetReplacesAndReturnsTheFormerValue) {
  Retained index(1);
  EXPECT_FALSE(index.set("a/b", 1));
  EXPECT_EQ(index.set("a/b", 2), 1);
  const int* found = index.find("a/b");
  EXPECT_TRUE(found && *found == 2);
  EXPECT_EQ(index.find("a"), nullptr);
  EXPECT_EQ(index.size(), 1u);
}

// [MQTT-3.3.1-6]
TEST(RetainedIndex, EraseRemovesThatNameOnly) {
  Retained index(1);
  index.set("a", 1);
  index.set("a/b", 2);
  index.set("a/c", 3);
  EXPECT_FALSE(index.erase("a/d"));
  EXPECT_EQ(index.erase("a"), 1);
  EXPECT_FALSE(index.erase("a"));
  EXPECT_EQ(matching(index, "#"), (Names{"a/b", "a/c"}));
}

TEST(RetainedIndex, WildcardsFindTheirNames) {
  Retained index(1);
  for (const char* name : {"a", "a/b", "a/b/c", "a/x/c", "b", "/", "/b", "a//c", "ab"}) index.set(name, 0);
  EXPECT_EQ(matching(index, "a/b"), (Names{"a/b"}));
  EXPECT_EQ(matching(index, "a/+"), (Names{"a/b"}));
  EXPECT_EQ(matching(index, "a/+/c"), (Names{"a/b/c", "a/x/c", "a//c"}));
  EXPECT_EQ(matching(index, "a/#"), (Names{"a", "a/b", "a/b/c", "a/x/c", "a//c"}));
  EXPECT_EQ(matching(index, "+"), (Names{"a", "b", "ab"}));
  EXPECT_EQ(matching(index, "+/b"), (Names{"a/b", "/b"}));
  EXPECT_EQ(matching(index, "+/+"), (Names{"a/b", "/", "/b"}));
  EXPECT_EQ(matching(index, "c/#"), Names{});
  EXPECT_EQ(matching(index, "#").size(), 9u);
}

// [MQTT-4.7.2-1]
TEST(RetainedIndex, LeadingWildcardsDoNotFindDollarNames) {
  Retained index(1);
  for (const char* name : {"$SYS/a", "$SYS", "a/$x", "a"}) index.set(name, 0);
  EXPECT_EQ(matching(index, "#"), (Names{"a/$x", "a"}));
  EXPECT_EQ(matching(index, "+"), (Names{"a"}));
  EXPECT_EQ(matching(index, "+/#"), (Names{"a/$x", "a"}));
  EXPECT_EQ(matching(index, "$SYS/#"), (Names{"$SYS/a", "$SYS"}));
  EXPECT_EQ(matching(index, "a/+"), (Names{"a/$x"}));
  Names all;
  index.for_each([&](std::string_view name, const int&) { return all.insert(std::string(name)).second; });
  EXPECT_EQ(all.size(), 4u);
}

TEST(RetainedIndex, VisitorStopsTheWalk) {
  Retained index(1);
  for (int i = 0; i < 100; ++i) index.set("a/" + std::to_string(i), i);
  int seen = 0;
  EXPECT_FALSE(index.match("a/+", [&](const int&) { return ++seen < 10; }));
  EXPECT_EQ(seen, 10);
  EXPECT_TRUE(index.match("a/+", [&](const int&) { return true; }));
}

TEST(RetainedIndex, DeepNamesAreWalkedInLoops) {
  Retained index(1);
  const std::string deep(65'535, '/');
  index.set(deep, 1);
  index.set(deep.substr(0, 40'000), 2);
  std::string path = "a";
  for (int depth = 0; depth < 2'000; ++depth, path += "/a") index.set(path, depth);
  EXPECT_EQ(matching(index, "#").size(), 2'002u);
  EXPECT_EQ(matching(index, deep.substr(0, 100) + "#").size(), 2u);
  EXPECT_EQ(matching(index, path + "/#").size(), 0u);
}

TEST(RetainedIndex, ValuesThatOwnMemoryAreFreed) {
  RetainedIndex<std::unique_ptr<int>> index(1);
  index.set("a", std::make_unique<int>(1));
  index.set("b", std::make_unique<int>(2));
  const auto former = index.erase("a");
  ASSERT_TRUE(former);
  EXPECT_EQ(**former, 1);
}

std::string random_name(std::mt19937& random, bool wildcards) {
  static const char* const levels[] = {"a", "b", "", "$c", "a-level-name-beyond-the-inline-size"};
  std::string path;
  const unsigned count = 1 + random() % 5;
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) path += '/';
    const unsigned pick = random() % (wildcards ? 8 : 5);
    if (pick == 7 && i + 1 == count)
      path += '#';
    else if (pick >= 5)
      path += '+';
    else
      path += levels[pick];
  }
  return path.empty() ? "b" : path;
}

TEST(RetainedIndex, AgreesWithMatchingEveryNameUnderRandomChanges) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Retained index(seed);
    std::map<std::string, int> model;
    for (int step = 0; step < 3'000; ++step) {
      const std::string name = random_name(random, false);
      if (random() % 10 < (step < 1'500 ? 7u : 3u)) {
        index.set(name, step);
        model[name] = step;
      } else {
        ASSERT_EQ(index.erase(name).has_value(), model.erase(name) == 1) << name;
      }
      if (step % 10 != 0) continue;
      const std::string pattern = random_name(random, true);
      Names expected;
      for (const auto& [candidate, value] : model)
        if (matches(pattern, candidate)) expected.insert(candidate);
      ASSERT_EQ(matching(index, pattern), expected) << pattern << " seed " << seed << " step " << step;
    }
    ASSERT_EQ(index.size(), model.size());
  }
}

}  // namespace
}  // namespace tenon::topic
