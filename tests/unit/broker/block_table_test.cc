#include "broker/block_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>

namespace tenon::broker {
namespace {

struct Numbered {
  std::uint64_t number;
  int value;
};

// All numbers whose last digit is the same have the same home.
struct ByLastDigit {
  using Object = Numbered;
  using Owner = std::unique_ptr<Numbered>;
  using Key = std::uint64_t;
  Key key(const Numbered& object) const { return object.number; }
  std::uint64_t hash(Key number) const { return number % 10; }
};
using Table = BlockTable<ByLastDigit>;

TEST(BlockTable, FindsNothingWhileEmpty) {
  Table table;
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(table.take(1), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

TEST(BlockTable, ObjectsStayWhereTheyAreWhileItGrows) {
  Table table;
  const Numbered* first = &table.put(std::make_unique<Numbered>(Numbered{0, 7}));
  for (std::uint64_t number = 1; number < 1'000; ++number)
    table.put(std::make_unique<Numbered>(Numbered{number, 0}));
  EXPECT_EQ(table.find(0), first);
  EXPECT_EQ(table.size(), 1'000u);
}

TEST(BlockTable, BehavesLikeAMapWhateverStandsBehindWhatGoes) {
  std::mt19937 random(3);
  Table table;
  std::map<std::uint64_t, int> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = random() % 60;
    if (const auto at = model.find(number); at != model.end()) {
      const auto taken = table.take(number);
      ASSERT_TRUE(taken);
      EXPECT_EQ(taken->value, at->second);
      model.erase(at);
    } else {
      ASSERT_EQ(table.find(number), nullptr);
      table.put(std::make_unique<Numbered>(Numbered{number, step}));
      model[number] = step;
    }
    ASSERT_EQ(table.size(), model.size());
    for (const auto& [wanted, value] : model) {
      ASSERT_NE(table.find(wanted), nullptr);
      ASSERT_EQ(table.find(wanted)->value, value);
    }
  }
  std::map<std::uint64_t, int> seen;
  table.for_each([&](const Numbered& object) { seen[object.number] = object.value; });
  EXPECT_EQ(seen, model);
}

}  // namespace
}  // namespace tenon::broker
