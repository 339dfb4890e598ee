#include "topic/edge_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tenon::topic {
namespace {

std::uint32_t find(const EdgeTable& table, std::uint32_t hash, std::uint32_t id) {
  return table.find(hash, [id](std::uint32_t candidate) { return candidate == id; });
}

TEST(EdgeTable, EmptyTableFindsNothing) {
  EXPECT_EQ(find(EdgeTable(), 5, 1), EdgeTable::no_id);
}

TEST(EdgeTable, IdsOfEqualHashAreToldApartByTheirOwner) {
  EdgeTable table;
  for (std::uint32_t id = 0; id < 100; ++id) table.add(7, id);
  for (std::uint32_t id = 0; id < 100; ++id) EXPECT_EQ(find(table, 7, id), id);
  table.remove(7, 50);
  EXPECT_EQ(find(table, 7, 50), EdgeTable::no_id);
  table.replace(7, 51, 1000);
  EXPECT_EQ(find(table, 7, 51), EdgeTable::no_id);
  EXPECT_EQ(find(table, 7, 1000), 1000u);
}

TEST(EdgeTable, NothingIsLostUnderRandomChanges) {
  std::mt19937 random(1);
  EdgeTable table;
  std::map<std::uint32_t, std::uint32_t> hash_of;
  for (std::uint32_t id = 0; id < 20'000; ++id) {
    // Few distinct low bits: long probes, and gaps to close in the middle of them.
    const std::uint32_t hash = (random() & 0xFC00'0000u) | (random() & 0x3F);
    table.add(hash, id);
    hash_of[id] = hash;
    if (random() % 2 == 0) continue;
    const auto victim = hash_of.lower_bound(random() % (id + 1));
    if (victim == hash_of.end()) continue;
    table.remove(victim->second, victim->first);
    ASSERT_EQ(find(table, victim->second, victim->first), EdgeTable::no_id);
    hash_of.erase(victim);
  }
  for (const auto& [id, hash] : hash_of) ASSERT_EQ(find(table, hash, id), id);
}

}  // namespace
}  // namespace tenon::topic
