#include "topic/filter_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "topic/topic.h"

namespace tenon::topic {
namespace {

using Index = FilterIndex<int, int>;
using Keys = std::multiset<int>;

SplitFilter filter(std::string_view text) {
  return split_filter(text);
}

Keys plain_matches(const Index& index, std::string_view name) {
  Keys keys;
  index.match(
      name, [&](const Index::Entry& entry) { keys.insert(entry.key); }, [](const Index::SharedGroup&) {});
  return keys;
}

// "sharing name: members" of each group.
std::map<std::string, Keys> group_matches(const Index& index, std::string_view name) {
  std::map<std::string, Keys> groups;
  const auto on_group = [&](const Index::SharedGroup& group) {
    Keys& members =
        groups[(group.sharing() == Sharing::ordered ? "ordered " : "shared ") + std::string(group.name())];
    for (const auto& entry : group.members()) members.insert(entry.key);
  };
  index.match(
      name, [](const Index::Entry&) {}, on_group);
  return groups;
}

TEST(FilterIndex, EmptyIndexMatchesNothing) {
  const Index index(1);
  EXPECT_TRUE(plain_matches(index, "a").empty());
  EXPECT_EQ(index.find(filter("a"), 1), nullptr);
}

// [MQTT-3.3.2-3]
TEST(FilterIndex, MatchingFiltersAreFound) {
  Index index(1);
  int key = 0;
  for (const char* text : {"a/b", "a/+", "a/#", "+/b", "#", "a", "a/b/c", "a/b/#", "+/+/+", "b/#", "a//b"})
    index.insert(filter(text), ++key, 0);
  EXPECT_EQ(plain_matches(index, "a/b"), (Keys{1, 2, 3, 4, 5, 8}));
  EXPECT_EQ(plain_matches(index, "a"), (Keys{3, 5, 6}));
  EXPECT_EQ(plain_matches(index, "a/b/c"), (Keys{3, 5, 7, 8, 9}));
  EXPECT_EQ(plain_matches(index, "a//b"), (Keys{3, 5, 9, 11}));
  EXPECT_EQ(plain_matches(index, "b"), (Keys{5, 10}));
  EXPECT_EQ(plain_matches(index, "/"), (Keys{5}));
}

// [MQTT-4.7.2-1]
TEST(FilterIndex, LeadingWildcardsDoNotMatchDollarNames) {
  Index index(1);
  index.insert(filter("#"), 1, 0);
  index.insert(filter("+/x"), 2, 0);
  index.insert(filter("$SYS/#"), 3, 0);
  index.insert(filter("$SYS/+"), 4, 0);
  EXPECT_EQ(plain_matches(index, "$SYS/x"), (Keys{3, 4}));
  EXPECT_EQ(plain_matches(index, "$SYS"), (Keys{3}));
  EXPECT_EQ(plain_matches(index, "a/x"), (Keys{1, 2}));
}

// [MQTT-3.8.4-3]
TEST(FilterIndex, SameFilterAndKeyReplaces) {
  Index index(1);
  EXPECT_FALSE(index.insert(filter("a/b"), 1, 10));
  EXPECT_EQ(index.insert(filter("a/b"), 1, 11), 10);
  EXPECT_EQ(index.size(), 1u);
  const int* found = index.find(filter("a/b"), 1);
  EXPECT_TRUE(found && *found == 11);
}

// [MQTT-3.10.4-1]
TEST(FilterIndex, EraseTakesTheExactFilterOfThatKeyOnly) {
  Index index(1);
  index.insert(filter("a/+"), 1, 10);
  index.insert(filter("a/+"), 2, 20);
  index.insert(filter("a/b"), 1, 30);
  EXPECT_FALSE(index.erase(filter("a"), 1));
  EXPECT_FALSE(index.erase(filter("a/+"), 3));
  EXPECT_EQ(index.erase(filter("a/+"), 1), 10);
  EXPECT_FALSE(index.erase(filter("a/+"), 1));
  EXPECT_EQ(plain_matches(index, "a/b"), (Keys{1, 2}));
}

TEST(FilterIndex, GroupsAreToldApartFromPlainSubscriptions) {
  Index index(1);
  index.insert(filter("a/+"), 1, 0);
  index.insert(filter("$share/g/a/+"), 1, 0);
  index.insert(filter("$share/g/a/+"), 2, 0);
  index.insert(filter("$share/h/a/+"), 3, 0);
  index.insert(filter("$oshare/g/a/+"), 4, 0);
  index.insert(filter("$share/g/a/#"), 5, 0);
  EXPECT_EQ(index.size(), 6u);
  EXPECT_EQ(index.group_count(), 4u);
  EXPECT_EQ(plain_matches(index, "a/b"), (Keys{1}));
  const auto groups = group_matches(index, "a/b");
  EXPECT_EQ(groups.at("shared h"), (Keys{3}));
  EXPECT_EQ(groups.at("ordered g"), (Keys{4}));
  EXPECT_EQ(groups.at("shared g"), (Keys{1, 2, 5})) << "both patterns of the name";
}

TEST(FilterIndex, LastMemberTakesItsGroupAlong) {
  Index index(1);
  index.insert(filter("$share/g/a"), 1, 10);
  index.insert(filter("$share/g/a"), 2, 20);
  EXPECT_EQ(index.erase(filter("$share/g/a"), 1), 10);
  EXPECT_EQ(group_matches(index, "a").at("shared g"), (Keys{2}));
  EXPECT_FALSE(index.erase(filter("a"), 2));
  EXPECT_FALSE(index.erase(filter("$oshare/g/a"), 2));
  EXPECT_EQ(index.erase(filter("$share/g/a"), 2), 20);
  EXPECT_TRUE(group_matches(index, "a").empty());
  EXPECT_EQ(index.group_count(), 0u);
  EXPECT_EQ(index.pattern_count(), 0u);
}

TEST(FilterIndex, GroupIdsAreNotUsedAgain) {
  Index index(1);
  std::set<std::uint64_t> ids;
  for (int round = 0; round < 3; ++round) {
    index.insert(filter("$share/g/a"), 1, 0);
    index.match(
        "a", [](const auto&) {}, [&](const auto& group) { ids.insert(group.id()); });
    index.erase(filter("$share/g/a"), 1);
  }
  EXPECT_EQ(ids.size(), 3u);
}

TEST(FilterIndex, AFilterKeepsItsNameWhileSomebodySubscribesToItWhateverOthersDo) {
  Index index(1);
  std::mt19937 random(3);
  std::map<std::string, std::pair<FilterId, int>> named;  // with the number of its subscribers
  for (int step = 0; step < 5'000; ++step) {
    std::string text = random() % 4 == 0 ? "$share/g/a" : "a";
    for (auto levels = random() % 4; levels > 0; --levels) text += random() % 2 ? "/b" : "/+";
    const int key = static_cast<int>(random() % 2);
    auto& [id, subscribers] = named[text];
    const bool is_new = subscribers == 0;
    if (random() % 2)
      subscribers += index.insert(filter(text), key, 0) ? 0 : 1;
    else
      subscribers -= index.erase(filter(text), key) ? 1 : 0;
    ASSERT_EQ(index.id_of(filter(text)).has_value(), subscribers > 0);
    if (is_new && subscribers == 1) id = *index.id_of(filter(text));
    for (const auto& [other, known] : named) {
      if (known.second == 0) continue;
      ASSERT_EQ(index.id_of(filter(other)), known.first);
      ASSERT_EQ(index.text_of(known.first), other);
    }
  }
}

TEST(FilterIndex, ForEachListsEverySubscriptionWithItsFilter) {
  Index index(1);
  const std::set<std::string> texts{"a",           "a/b", "a/b/c", "#", "$SYS/#", "$share/g/a/b",
                                    "$oshare/g/+", "/",   "//x"};
  for (const std::string& text : texts) index.insert(filter(text), 1, 0);
  std::set<std::string> listed;
  index.for_each([&](const SplitFilter& split, const Index::Entry&) { listed.insert(full_text(split)); });
  EXPECT_EQ(listed, texts);
}

// Hostile shapes: deep filters and names must neither exhaust the stack nor take more than a walk along them.
TEST(FilterIndex, FiltersOf65535BytesAreHandledAsLoops) {
  Index index(1);
  const std::string slashes(65'535, '/');
  std::string pluses = "+";
  while (pluses.size() + 2 <= 65'535) pluses += "/+";
  index.insert(filter(slashes), 1, 0);
  index.insert(filter(pluses), 2, 0);
  index.insert(filter(pluses.substr(0, 30'001)), 3, 0);
  index.insert(filter(pluses.substr(0, 29'999) + "/#"), 4, 0);
  EXPECT_EQ(plain_matches(index, slashes), (Keys{1, 4}));
  EXPECT_EQ(plain_matches(index, std::string(32'767, '/')), (Keys{2, 4}));
  EXPECT_EQ(plain_matches(index, std::string(15'000, '/')), (Keys{3, 4}));
  EXPECT_EQ(plain_matches(index, std::string(14'999, '/')), (Keys{4}));
  index.erase(filter(slashes), 1);
  index.erase(filter(pluses), 2);
  EXPECT_EQ(plain_matches(index, slashes), (Keys{4}));
}

TEST(FilterIndex, AFilterForEveryDepthNeedsNoRecursion) {
  Index index(1);
  std::string path = "+";
  for (int depth = 0; depth < 2'000; ++depth, path += "/+") index.insert(filter(path), depth, 0);
  EXPECT_EQ(plain_matches(index, std::string(1'999, '/')), (Keys{1'999}));
  path = "+";
  for (int depth = 0; depth < 2'000; ++depth, path += "/+")
    ASSERT_TRUE(index.erase(filter(path), depth)) << depth;
  EXPECT_EQ(index.pattern_count(), 0u);
}

// `levels` levels of "a", or of '+' where the bit of the level is set.
std::string path_of(unsigned levels, unsigned plus_bits) {
  std::string path;
  for (unsigned level = 0; level < levels; ++level)
    path += std::string(level > 0 ? "/" : "") + (level < 32 && (plus_bits >> level & 1) ? '+' : 'a');
  return path;
}

// ATTACK-8: filters that have '+' in their first levels only, chosen to make one topic cost as much as it
// can.
TEST(FilterIndex, WhatAMatchLooksAtIsBoundedByTheLevelsWithWildcardsHoweverManyFiltersThereAre) {
  constexpr unsigned wild = 6;
  constexpr unsigned below = 20;
  constexpr std::size_t bound = (4 + 2 * below) << wild;
  const std::string name = path_of(wild + below, 0);
  Index index(1);
  const auto looked_at = [&] {
    return index.match(
        name, [](const Index::Entry&) {}, [](const Index::SharedGroup&) {});
  };
  // At each level one that goes another way and one that ends, so that no node has more levels than one.
  for (unsigned plus_bits = 0; plus_bits < 1u << wild; ++plus_bits)
    for (unsigned level = 1; level < wild + below; ++level)
      for (const char* end : {"/x", "/#"}) {
        const std::string text = path_of(level, plus_bits) + end;
        ASSERT_EQ(check_filter(text, {.wildcard_levels_max = wild}), TopicFault::none);
        index.insert(filter(text), 1, 0);
      }
  const std::size_t costliest = looked_at();
  EXPECT_LT(costliest, bound);
  EXPECT_GT(costliest, bound * 9 / 10);
  std::mt19937 random(1);
  for (int more = 0; more < 50'000; ++more) {
    std::string text = path_of(wild, random());
    for (unsigned level = 0; level < below; ++level) text += random() % 8 == 0 ? "/b" : "/a";
    index.insert(filter(text), 1, 0);
  }
  EXPECT_LT(looked_at(), bound);
}

TEST(FilterIndex, ANodeOfManyLevelsIsLookedAtOnce) {
  Index index(1);
  for (const char* text : {"a/+/c/+/#", "a/b/c/d/e/f", "+/x", "b/c/d"}) index.insert(filter(text), 1, 0);
  // "a", its two children, and "+".
  EXPECT_EQ(index.match(
                "a/b/c/d/e/f", [](const Index::Entry&) {}, [](const Index::SharedGroup&) {}),
            4u);
}

TEST(FilterIndex, ManySubscribersAndGroupsOfOneFilterComeAndGo) {
  Index index(1);
  for (int key = 0; key < 20'000; ++key) {
    index.insert(filter("a/b"), key, key);
    index.insert(filter("$share/g" + std::to_string(key) + "/a/b"), key, key);
  }
  EXPECT_EQ(plain_matches(index, "a/b").size(), 20'000u);
  EXPECT_EQ(group_matches(index, "a/b").size(), 20'000u);
  for (int key = 0; key < 20'000; ++key) {
    ASSERT_EQ(index.erase(filter("a/b"), key), key);
    ASSERT_EQ(index.erase(filter("$share/g" + std::to_string(key) + "/a/b"), key), key);
  }
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(index.pattern_count(), 0u);
}

// Filters and names over few level names, so that all kinds of overlap occur.
std::string random_path(std::mt19937& random, bool wildcards) {
  static const char* const levels[] = {"a", "b", "", "ab", "a-level-name-beyond-the-inline-size", "$x"};
  std::string path;
  const unsigned count = 1 + random() % 5;
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) path += '/';
    const unsigned pick = random() % (wildcards ? 9 : 6);
    if (pick == 8 && i + 1 == count)
      path += '#';
    else if (pick >= 6)
      path += '+';
    else
      path += levels[pick];
  }
  return path.empty() ? "a" : path;
}

TEST(FilterIndex, AgreesWithMatchingEveryFilterUnderRandomChanges) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Index index(seed);
    std::map<std::pair<std::string, int>, int> model;
    for (int step = 0; step < 3'000; ++step) {
      const std::string text = random_path(random, true);
      const int key = static_cast<int>(random() % 3);
      if (random() % 10 < (step < 1'500 ? 7u : 3u)) {
        index.insert(filter(text), key, step);
        model[{text, key}] = step;
      } else {
        ASSERT_EQ(index.erase(filter(text), key).has_value(), model.erase({text, key}) == 1) << text;
      }
      if (step % 10 != 0) continue;
      const std::string name = random_path(random, false);
      Keys expected;
      for (const auto& [id, value] : model)
        if (matches(id.first, name)) expected.insert(id.second);
      ASSERT_EQ(plain_matches(index, name), expected) << name << " seed " << seed << " step " << step;
    }
    ASSERT_EQ(index.size(), model.size());
    for (const auto& [id, value] : model) ASSERT_EQ(index.erase(filter(id.first), id.second), value);
    ASSERT_EQ(index.pattern_count(), 0u);
  }
}

}  // namespace
}  // namespace tenon::topic
