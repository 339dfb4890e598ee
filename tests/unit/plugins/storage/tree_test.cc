// The tree of the memory engine, without the engine.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "memory/cursor.h"
#include "memory/range_walk.h"
#include "memory/tree.h"
#include "support/sim_random.h"

namespace tenon::storage_memory {
namespace {

using test::SimRandom;

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

using Map = std::map<std::string, std::string>;

Map all_of(const Tree& tree, bool reverse = false) {
  Map map;
  for (RangeWalk walk(tree.root(), {}, {}, reverse); walk.current() != nullptr; walk.advance())
    map[text_of(walk.current()->key())] = text_of(walk.current()->value());
  return map;
}

std::string numbered(std::uint64_t n) {
  std::string digits = std::to_string(n);
  return std::string(8 - digits.size(), '0') + digits;
}

TEST(Tree, KeepsKeysInsertedInAnyOrder) {
  for (const std::uint64_t step : {1u, 7919u, 99991u}) {
    MemoryMeter meter;
    Tree tree(meter);
    constexpr std::uint64_t count = 100003;  // prime: each step visits all
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string key = numbered(i * step % count);
      tree.put(Record::make(meter, bytes_of(key), bytes_of(key)));
    }
    std::uint64_t next = 0;
    for (RangeWalk walk(tree.root(), {}, {}, false); walk.current() != nullptr; walk.advance())
      ASSERT_EQ(text_of(walk.current()->key()), numbered(next++));
    EXPECT_EQ(next, count);
    for (RangeWalk walk(tree.root(), {}, {}, true); walk.current() != nullptr; walk.advance())
      ASSERT_EQ(text_of(walk.current()->key()), numbered(--next));
    EXPECT_EQ(next, 0u);
  }
}

TEST(Tree, AscendingKeysFillTheirLeaves) {
  MemoryMeter meter;
  Tree tree(meter);
  constexpr std::uint64_t count = 32 * 1000;
  for (std::uint64_t i = 0; i < count; ++i) tree.put(Record::make(meter, bytes_of(numbered(i)), {}));
  const std::uint64_t records_bytes = count * (sizeof(Record) + 8);
  EXPECT_LT(meter.bytes(), records_bytes + count * 12 + 100000);
}

TEST(Tree, GrowthIsWhatTheRecordsTake) {
  MemoryMeter meter;
  Tree tree(meter);
  const auto record = [&](const char* key, std::size_t len) {
    return Record::make(meter, bytes_of(key), bytes_of(std::string(len, 'v')));
  };
  const auto size = static_cast<std::int64_t>(sizeof(Record));
  EXPECT_EQ(tree.put(record("a", 10)), size + 11);
  EXPECT_EQ(tree.put(record("a", 4)), -6);
  EXPECT_EQ(tree.put(record("b", 1)), size + 2);
  EXPECT_EQ(tree.erase(bytes_of("x")), 0);
  EXPECT_EQ(tree.erase(bytes_of("b")), -size - 2);
  EXPECT_EQ(tree.erase_range({}, {}), -size - 5);
}

TEST(Tree, EverythingIsFreedWithTheLastVersion) {
  MemoryMeter meter;
  {
    Tree tree(meter);
    std::vector<Tree> versions;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      tree.put(Record::make(meter, bytes_of(numbered(i * 7919 % 5000)), bytes_of("value")));
      if (i % 500 == 0) versions.push_back(tree);
    }
    tree.erase_range({}, {});
    EXPECT_FALSE(tree.root());
    EXPECT_GT(meter.bytes(), 0u);
  }
  EXPECT_EQ(meter.bytes(), 0u);
}

TEST(Tree, ErasedTreeShrinks) {
  MemoryMeter meter;
  Tree tree(meter);
  for (std::uint64_t i = 0; i < 20000; ++i) tree.put(Record::make(meter, bytes_of(numbered(i)), {}));
  const std::uint64_t full = meter.bytes();
  for (std::uint64_t i = 0; i < 20000; ++i)
    if (i % 100 != 0) tree.erase(bytes_of(numbered(i)));
  EXPECT_LT(meter.bytes(), full / 20);
  EXPECT_EQ(all_of(tree).size(), 200u);
}

TEST(Tree, RandomChangesMatchAMapInEachVersion) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimRandom random(seed);
    MemoryMeter meter;
    Tree tree(meter);
    Map model;
    std::vector<std::pair<Tree, Map>> versions;
    const auto key = [&] { return numbered(random.below(3000)); };
    for (int i = 0; i < 20000; ++i) {
      const std::uint64_t kind = random.below(1000);
      if (kind < 550) {
        const std::string k = key();
        tree.put(Record::make(meter, bytes_of(k), bytes_of(std::to_string(i))));
        model[k] = std::to_string(i);
      } else if (kind < 990) {
        const std::string k = key();
        tree.erase(bytes_of(k));
        model.erase(k);
      } else if (kind < 996) {
        std::string begin = key();
        std::string end = random.percent(5) ? "" : numbered(std::stoul(begin) + random.below(300));
        tree.erase_range(bytes_of(begin), bytes_of(end));
        model.erase(model.lower_bound(begin), end.empty() ? model.end() : model.lower_bound(end));
      } else if (versions.size() < 20) {
        versions.emplace_back(tree, model);
      } else {
        versions.erase(versions.begin() + static_cast<std::ptrdiff_t>(random.below(versions.size())));
      }
    }
    EXPECT_EQ(all_of(tree), model);
    for (const auto& [version, expected] : versions) {
      EXPECT_EQ(all_of(version), expected);
      EXPECT_EQ(all_of(version, true), expected);
    }
    const std::string probe = key();
    EXPECT_EQ(tree.find(bytes_of(probe)) != nullptr, model.count(probe) == 1);
  }
}

}  // namespace
}  // namespace tenon::storage_memory
