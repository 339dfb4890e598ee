#include "broker/limits/memory_mark.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::broker {
namespace {

using enum MemoryLevel;

// 700 of 1000: the others are at 850 and 950, and end at 630, 765 and 855.
class MemoryMarkTest : public testing::Test {
 protected:
  MemoryLevel after(std::uint64_t bytes) {
    const MemoryLevel former = mark_.level();
    const bool has_changed = mark_.note(bytes);
    EXPECT_EQ(has_changed, mark_.level() != former) << bytes;
    return mark_.level();
  }
  MemoryMark mark_{700};
};

TEST_F(MemoryMarkTest, LevelsBeginAboveTheirMarks) {
  EXPECT_EQ(after(700), well);
  EXPECT_EQ(after(701), high);
  EXPECT_EQ(after(850), high);
  EXPECT_EQ(after(851), refusing);
  EXPECT_EQ(after(950), refusing);
  EXPECT_EQ(after(951), shedding);
}

TEST_F(MemoryMarkTest, LevelsEndAtNineTenthsOfTheirMarks) {
  EXPECT_EQ(after(951), shedding);
  EXPECT_EQ(after(856), shedding);
  EXPECT_EQ(after(855), refusing);
  EXPECT_EQ(after(766), refusing);
  EXPECT_EQ(after(765), high);
  EXPECT_EQ(after(631), high);
  EXPECT_EQ(after(630), well);
}

TEST_F(MemoryMarkTest, BetweenTheTwoALevelStaysAsItIs) {
  for (const std::uint64_t bytes : {640, 690, 700}) EXPECT_EQ(after(bytes), well) << bytes;
  EXPECT_EQ(after(701), high);
  for (const std::uint64_t bytes : {640, 840, 640, 850}) EXPECT_EQ(after(bytes), high) << bytes;
  EXPECT_EQ(after(851), refusing);
  for (const std::uint64_t bytes : {770, 940, 770, 950}) EXPECT_EQ(after(bytes), refusing) << bytes;
}

TEST_F(MemoryMarkTest, OneFigureMayPassSeveralLevels) {
  EXPECT_EQ(after(5000), shedding);
  EXPECT_EQ(after(0), well);
  EXPECT_EQ(after(900), refusing);
}

TEST_F(MemoryMarkTest, EachLevelHasWhatThoseBelowItHave) {
  const auto effects = [&](std::uint64_t bytes) {
    (void)mark_.note(bytes);
    return std::vector<bool>{mark_.is_high(), mark_.refuses(), mark_.sheds()};
  };
  EXPECT_EQ(effects(0), (std::vector<bool>{false, false, false}));
  EXPECT_EQ(effects(800), (std::vector<bool>{true, false, false}));
  EXPECT_EQ(effects(900), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(effects(1000), (std::vector<bool>{true, true, true}));
}

TEST(MemoryMark, WithoutMarkAllIsWell) {
  MemoryMark memory(0);
  EXPECT_FALSE(memory.note(UINT64_MAX));
  EXPECT_EQ(memory.level(), well);
}

TEST(MemoryMark, TheLargestMarkIsNeverReached) {
  MemoryMark memory(1125899906842624);
  EXPECT_GT(memory.mark_of(shedding), memory.mark_of(refusing));
  EXPECT_FALSE(memory.note(std::uint64_t{1} << 49));
}

}  // namespace
}  // namespace tenon::broker
