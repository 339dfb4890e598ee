#include "broker/limits/memory_mark.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

TEST(MemoryMarkTest, IsHighUntilNineTenthsOfTheMark) {
  MemoryMark memory(1000);
  EXPECT_FALSE(memory.note(1000));
  EXPECT_TRUE(memory.note(1001));
  EXPECT_TRUE(memory.is_high());
  EXPECT_FALSE(memory.note(950));
  EXPECT_TRUE(memory.is_high());
  EXPECT_TRUE(memory.note(900));
  EXPECT_FALSE(memory.is_high());
  EXPECT_FALSE(memory.note(950));
}

TEST(MemoryMarkTest, WithoutMarkNothingIsHigh) {
  MemoryMark memory(0);
  EXPECT_FALSE(memory.note(UINT64_MAX));
  EXPECT_FALSE(memory.is_high());
}

}  // namespace
}  // namespace tenon::broker
