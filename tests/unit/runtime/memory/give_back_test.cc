#include "runtime/memory/give_back.h"

#include <gtest/gtest.h>

namespace tenon::runtime {
namespace {

constexpr std::uint64_t mib = 1u << 20;
constexpr MonoNs start_ns = 1000 * ns_per_s;

TEST(GiveBackTest, LeavesASmallProcessAlone) {
  const GiveBack clock;
  EXPECT_FALSE(clock.is_due(GiveBack::small_bytes - 1, start_ns));
  EXPECT_TRUE(clock.is_due(GiveBack::small_bytes, start_ns));
}

TEST(GiveBackTest, IsNotDueAgainBeforeThePauseHoweverMuchHasCome) {
  GiveBack clock;
  clock.given_back(100 * mib, 50 * mib, start_ns);
  EXPECT_FALSE(clock.is_due(1000 * mib, start_ns + GiveBack::pause_ns_min - 1));
  EXPECT_TRUE(clock.is_due(1000 * mib, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, IsDueAfterThePauseAlsoWithoutGrowthAsMemoryMayBeFreedLater) {
  GiveBack clock;
  clock.given_back(100 * mib, 50 * mib, start_ns);
  EXPECT_TRUE(clock.is_due(50 * mib, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, PausesLongerAndLongerWhileItBringsNothing) {
  GiveBack clock;
  MonoNs now_ns = start_ns;
  for (std::int64_t pause_ns = 2 * GiveBack::pause_ns_min; pause_ns <= GiveBack::pause_ns_max;
       pause_ns *= 2) {
    clock.given_back(100 * mib, 99 * mib, now_ns);
    EXPECT_FALSE(clock.is_due(99 * mib, now_ns + pause_ns - 1));
    EXPECT_TRUE(clock.is_due(99 * mib, now_ns + pause_ns));
    now_ns += pause_ns;
  }
  clock.given_back(100 * mib, 99 * mib, now_ns);
  EXPECT_TRUE(clock.is_due(99 * mib, now_ns + GiveBack::pause_ns_max)) << "there is a longest pause";
}

TEST(GiveBackTest, GrowthEndsALongPause) {
  GiveBack clock;
  for (int i = 0; i < 5; ++i) clock.given_back(100 * mib, 100 * mib, start_ns);
  EXPECT_FALSE(clock.is_due(107 * mib, start_ns + GiveBack::pause_ns_min));
  EXPECT_TRUE(clock.is_due(108 * mib, start_ns + GiveBack::pause_ns_min));
}

TEST(GiveBackTest, SuccessEndsLongPauses) {
  GiveBack clock;
  for (int i = 0; i < 5; ++i) clock.given_back(100 * mib, 100 * mib, start_ns);
  clock.given_back(160 * mib, 150 * mib, start_ns);
  EXPECT_TRUE(clock.is_due(150 * mib, start_ns + GiveBack::pause_ns_min));
}

}  // namespace
}  // namespace tenon::runtime
