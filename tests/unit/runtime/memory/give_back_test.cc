#include "runtime/memory/give_back.h"

#include <gtest/gtest.h>

namespace tenon::runtime {
namespace {

constexpr std::uint64_t mib = 1u << 20;
constexpr MonoNs start_ns = 1000 * ns_per_s;

TEST(GiveBackTest, LeavesASmallProcessAlone) {
  const GiveBack clock;
  EXPECT_FALSE(clock.is_due(GiveBack::small_bytes - 1, false, start_ns));
  EXPECT_TRUE(clock.is_due(GiveBack::small_bytes, false, start_ns));
}

TEST(GiveBackTest, IsNotDueAgainBeforeThePauseHoweverMuchHasCome) {
  GiveBack clock;
  clock.given_back(100 * mib, 50 * mib, start_ns);
  EXPECT_FALSE(clock.is_due(1000 * mib, false, start_ns + GiveBack::pause_ns_min - 1));
  EXPECT_TRUE(clock.is_due(1000 * mib, false, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, IsDueAfterThePauseAlsoWithoutGrowthAsMemoryMayBeFreedLater) {
  GiveBack clock;
  clock.given_back(100 * mib, 50 * mib, start_ns);
  EXPECT_TRUE(clock.is_due(50 * mib, false, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, PausesLongerAndLongerWhileItBringsNothing) {
  GiveBack clock;
  clock.given_back(100 * mib, 99 * mib, start_ns);
  MonoNs now_ns = start_ns + GiveBack::pause_ns_min;
  for (std::int64_t pause_ns = 2 * GiveBack::pause_ns_min; pause_ns <= GiveBack::pause_ns_max;
       pause_ns *= 2) {
    clock.given_back(100 * mib, 99 * mib, now_ns);
    EXPECT_FALSE(clock.is_due(99 * mib, false, now_ns + pause_ns - 1));
    EXPECT_TRUE(clock.is_due(99 * mib, false, now_ns + pause_ns));
    now_ns += pause_ns;
  }
  clock.given_back(100 * mib, 99 * mib, now_ns);
  EXPECT_TRUE(clock.is_due(99 * mib, false, now_ns + GiveBack::pause_ns_max)) << "there is a longest pause";
}

TEST(GiveBackTest, GrowthEndsALongPause) {
  GiveBack clock;
  for (int i = 0; i < 5; ++i) clock.given_back(100 * mib, 100 * mib, start_ns);
  MonoNs now_ns = start_ns + GiveBack::pause_ns_min;
  EXPECT_FALSE(clock.is_due(107 * mib, false, now_ns));
  EXPECT_TRUE(clock.is_due(108 * mib, false, now_ns));
  clock.given_back(108 * mib, 108 * mib, now_ns);
  now_ns += GiveBack::pause_ns_min;
  EXPECT_TRUE(clock.is_due(108 * mib, false, now_ns)) << "what is freed behind the growth is not waited for";
}

TEST(GiveBackTest, SuccessEndsLongPauses) {
  GiveBack clock;
  for (int i = 0; i < 5; ++i) clock.given_back(100 * mib, 100 * mib, start_ns);
  clock.given_back(100 * mib, 93 * mib, start_ns);
  EXPECT_TRUE(clock.is_due(93 * mib, false, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, HighMemoryWaitsForTheShortestPauseOnlyAlsoWhereItBringsNothing) {
  GiveBack clock;
  for (int i = 0; i < 5; ++i) clock.given_back(100 * mib, 100 * mib, start_ns);
  EXPECT_FALSE(clock.is_due(100 * mib, true, start_ns + GiveBack::pause_ns_min - 1));
  EXPECT_TRUE(clock.is_due(100 * mib, true, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, HighMemoryWaitsForNothingWhileItBringsSomething) {
  GiveBack clock;
  clock.given_back(200 * mib, 180 * mib, start_ns);
  EXPECT_TRUE(clock.is_due(180 * mib, true, start_ns + 1));
  EXPECT_FALSE(clock.is_due(180 * mib, false, start_ns + 1));
  clock.given_back(180 * mib, 180 * mib, start_ns + 1);
  EXPECT_FALSE(clock.is_due(180 * mib, true, start_ns + 2));
}

}  // namespace
}  // namespace tenon::runtime
