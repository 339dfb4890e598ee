#include "runtime/system_clock.h"

#include <gtest/gtest.h>

#include <array>

#include "runtime/system_random.h"

namespace tenon::runtime {
namespace {

TEST(SystemClock, MonotonicTimeDoesNotGoBack) {
  const SystemClock clock;
  MonoNs last = clock.mono_ns();
  for (int i = 0; i < 1000; ++i) {
    const MonoNs now = clock.mono_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(clock.unix_ms(), 1'600'000'000'000);
}

TEST(SystemRandom, FillsEveryByte) {
  SystemRandom random;
  std::array<std::uint8_t, 1000> out{}, touched{};
  for (int round = 0; round < 20; ++round) {
    random.fill(out);
    for (std::size_t i = 0; i < out.size(); ++i) touched[i] |= out[i];
  }
  for (const auto byte : touched) EXPECT_NE(byte, 0) << "all zero in twenty draws";
}

}  // namespace
}  // namespace tenon::runtime
