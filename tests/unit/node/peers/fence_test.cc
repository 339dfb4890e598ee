#include "node/peers/fence.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using Keys = broker::CutOff::Keys;
using All = std::vector<Keys>;

constexpr std::uint32_t all_of_them = broker::CutOff::all_of_them;
constexpr kv::RangeId first{1, 0};
constexpr kv::RangeId second{2, 0};

Fence make_fence() {
  return Fence({.after_ns = 500, .spread_ns = 1000, .step_ns_max = 400});
}

Fence::Range here(kv::RangeId id = first) {
  return {id, "a", "m", false};
}
Fence::Range away(kv::RangeId id = first) {
  return {id, "a", "m", true};
}

All step(Fence& fence, std::vector<Fence::Range> ranges, MonoNs now_ns) {
  return fence.step(ranges, now_ns);
}

// Steps as often as a node does.
All steps_until(Fence& fence, const std::vector<Fence::Range>& ranges, MonoNs from_ns, MonoNs now_ns) {
  All given_up;
  for (; from_ns <= now_ns; from_ns += 100) given_up = fence.step(ranges, from_ns);
  return given_up;
}

TEST(Fence, ARangeThatIsOutOfReachForAWhileIsGivenUpBitByBit) {
  Fence fence = make_fence();
  EXPECT_EQ(step(fence, {here()}, 1000), All{});
  EXPECT_EQ(steps_until(fence, {away()}, 1100, 1500), All{});
  EXPECT_EQ(steps_until(fence, {away()}, 1600, 1600), (All{{"a", "m", 0, 1}}));
  EXPECT_EQ(steps_until(fence, {away()}, 1700, 2100), (All{{"a", "m", all_of_them / 2, 1}}));
  EXPECT_EQ(steps_until(fence, {away()}, 2200, 2600), (All{{"a", "m", all_of_them, 1}}));
  EXPECT_EQ(steps_until(fence, {away()}, 2700, 5000), (All{{"a", "m", all_of_them, 1}}));
}

TEST(Fence, OneThatIsInReachAgainKeepsWhoIsLeft) {
  Fence fence = make_fence();
  (void)step(fence, {here()}, 1000);
  EXPECT_NE(steps_until(fence, {away()}, 1100, 1700), All{});
  EXPECT_EQ(step(fence, {here()}, 1800), All{});
}

TEST(Fence, AContactThatComesAndGoesQuicklyCostsNobodyItsSession) {
  Fence fence = make_fence();
  for (MonoNs now_ns = 1000; now_ns < 20'000; now_ns += 500) {
    EXPECT_EQ(step(fence, {here()}, now_ns), All{});
    EXPECT_EQ(steps_until(fence, {away()}, now_ns + 100, now_ns + 400), All{});
  }
}

TEST(Fence, EachTimeOthersAreTheFirstToGo) {
  Fence fence = make_fence();
  (void)step(fence, {here()}, 1000);
  EXPECT_EQ(steps_until(fence, {away()}, 1100, 1700).front().salt, 1u);
  (void)step(fence, {here()}, 1800);
  EXPECT_EQ(steps_until(fence, {away()}, 1900, 2500).front().salt, 2u);
}

TEST(Fence, OneThatWasNeverInReachIsNotGivenUp) {
  Fence fence = make_fence();
  EXPECT_EQ(steps_until(fence, {away()}, 1000, 9000), All{});
}

TEST(Fence, EachRangeIsGivenUpByItself) {
  Fence fence = make_fence();
  (void)step(fence, {here(first), here(second)}, 1000);
  (void)steps_until(fence, {away(first), here(second)}, 1100, 1500);
  const All given_up = steps_until(fence, {away(first), away(second)}, 1600, 1900);
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up.front().salt, 1u);
  EXPECT_EQ(steps_until(fence, {away(first), away(second)}, 2000, 2200).size(), 2u);
}

TEST(Fence, TimeInWhichTheNodeItselfStoodStillDoesNotCount) {
  Fence fence = make_fence();
  (void)step(fence, {here()}, 1000);
  (void)steps_until(fence, {away()}, 1100, 1400);
  EXPECT_EQ(step(fence, {away()}, 9000), All{});
  EXPECT_EQ(steps_until(fence, {away()}, 9100, 9100), All{});
  EXPECT_NE(steps_until(fence, {away()}, 9200, 9300), All{});
}

TEST(Fence, ZeroMeansThatClientsStay) {
  Fence fence({.after_ns = 0});
  (void)step(fence, {here()}, 1000);
  EXPECT_EQ(steps_until(fence, {away()}, 1100, 9000), All{});
}

}  // namespace
}  // namespace tenon::node
