#include "broker/limits/flap_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::broker {
namespace {

using FlapVerdict = FlapGuard::Verdict;

class FlapGuardTest : public ::testing::Test {
 protected:
  FlapVerdict note(std::string_view client_id, std::string_view address, MonoNs now_ns) {
    return guard.note("default", client_id, address, now_ns);
  }
  FlapGuard guard{{3, 10 * ns_per_s, 60 * ns_per_s}, 42};
};

TEST_F(FlapGuardTest, FourthConnectInAWindowBeginsABanThatEnds) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(note("c", "a", i * ns_per_s), FlapVerdict::welcome);
  EXPECT_EQ(note("c", "a", 3 * ns_per_s), FlapVerdict::banned_now);
  EXPECT_EQ(note("c", "a", 4 * ns_per_s), FlapVerdict::banned);
  EXPECT_EQ(note("c", "a", 62 * ns_per_s), FlapVerdict::banned);
  EXPECT_EQ(note("c", "a", 63 * ns_per_s), FlapVerdict::welcome);
  EXPECT_EQ(guard.ban_count(), 1u);
}

TEST_F(FlapGuardTest, ConnectsInDifferentWindowsDoNotAddUp) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(note("c", "a", i * 4 * ns_per_s), FlapVerdict::welcome) << i;
}

TEST_F(FlapGuardTest, NobodyHasAnotherBannedByUsingItsIdElsewhere) {
  for (int i = 0; i < 10; ++i) note("c", "attacker", 0);
  EXPECT_EQ(note("c", "attacker", 0), FlapVerdict::banned);
  EXPECT_EQ(note("c", "home", 0), FlapVerdict::welcome);
  EXPECT_EQ(guard.note("other", "c", "attacker", 0), FlapVerdict::welcome);
}

TEST_F(FlapGuardTest, AtZeroNobodyIsKeptOut) {
  FlapGuard off({0, 10 * ns_per_s, 60 * ns_per_s}, 42);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(off.note("t", "c", "a", 0), FlapVerdict::welcome);
}

TEST_F(FlapGuardTest, FloodOfOtherClientsDoesNotLiftABan) {
  for (int i = 0; i < 4; ++i) note("c", "a", 0);
  for (std::size_t i = 0; i < 2 * FlapGuard::client_count_max; ++i)
    ASSERT_EQ(note(std::to_string(i), "b", ns_per_s), FlapVerdict::welcome);
  EXPECT_EQ(note("c", "a", 2 * ns_per_s), FlapVerdict::banned);
}

}  // namespace
}  // namespace tenon::broker
