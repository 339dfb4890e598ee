#include "kv/load_window.h"

#include <gtest/gtest.h>

#include <random>

namespace tenon::kv {
namespace {

constexpr MonoNs slot_ns = ns_per_s;
constexpr auto slots = static_cast<MonoNs>(LoadWindow::slot_count);

std::string key_of(unsigned number) {
  std::string key = std::to_string(number);
  return std::string(6 - key.size(), '0') + key;
}

TEST(LoadWindow, CountsCommandsAndBytes) {
  LoadWindow window(slot_ns, 1);
  window.add(0, "a", 10);
  window.add(3 * slot_ns, "b", 20);
  EXPECT_EQ(window.load(3 * slot_ns).commands, 2u);
  EXPECT_EQ(window.load(3 * slot_ns).bytes, 30u);
}

TEST(LoadWindow, ForgetsWhatIsOlderThanTheWindow) {
  LoadWindow window(slot_ns, 1);
  window.add(0, "a", 10);
  window.add(slot_ns, "b", 20);
  EXPECT_EQ(window.load((slots - 1) * slot_ns).commands, 2u);
  EXPECT_EQ(window.load(slots * slot_ns).commands, 1u);
  EXPECT_EQ(window.load((slots + 1) * slot_ns).commands, 0u);
  // A slot that is used again begins anew.
  window.add(slots * slot_ns, "c", 1);
  EXPECT_EQ(window.load(slots * slot_ns).bytes, 21u);
}

TEST(LoadWindow, ATimeThatGoesBackCountsAsTheNewest) {
  LoadWindow window(slot_ns, 1);
  window.add(10 * slot_ns, "a", 1);
  window.add(0, "b", 1);
  EXPECT_EQ(window.load(0).commands, 2u);
  EXPECT_EQ(window.load((9 + slots) * slot_ns).commands, 2u);
  EXPECT_EQ(window.load((10 + slots) * slot_ns).commands, 0u);
}

TEST(LoadWindow, AnIdleRangeHasNoMedian) {
  const LoadWindow window(slot_ns, 1);
  EXPECT_EQ(window.median_key(0), std::nullopt);
  EXPECT_EQ(window.load(0).commands, 0u);
}

TEST(LoadWindow, ASingleKeyCantBeSplit) {
  LoadWindow window(slot_ns, 1);
  for (int i = 0; i < 1000; ++i) window.add(0, "a", 1);
  EXPECT_EQ(window.median_key(0), std::nullopt);
}

TEST(LoadWindow, TheMedianHasHalfOfAnEvenLoadBelowIt) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    LoadWindow window(slot_ns, seed);
    std::mt19937 random(seed);
    for (unsigned i = 0; i < 50000; ++i)
      window.add(static_cast<MonoNs>(i / 10000) * slot_ns, key_of(static_cast<unsigned>(random() % 1000)),
                 100);
    const std::string median = window.median_key(4 * slot_ns).value();
    EXPECT_GT(median, key_of(350)) << seed;
    EXPECT_LT(median, key_of(650)) << seed;
  }
}

TEST(LoadWindow, WhatIsAnotherRangesFromNowOnIsForgotten) {
  LoadWindow window(slot_ns, 1);
  std::mt19937 random(1);
  for (unsigned i = 0; i < 50000; ++i)
    window.add(static_cast<MonoNs>(i / 10000) * slot_ns, key_of(static_cast<unsigned>(random() % 1000)), 100);
  window.keep_below(key_of(500));
  const LoadWindow::Load left = window.load(4 * slot_ns);
  EXPECT_GT(left.commands, 20'000u);
  EXPECT_LT(left.commands, 30'000u);
  EXPECT_NEAR(static_cast<double>(left.bytes) / 100, static_cast<double>(left.commands), 10);
  EXPECT_LT(window.median_key(4 * slot_ns).value(), key_of(350));
  window.keep_below(key_of(0));
  EXPECT_EQ(window.load(4 * slot_ns).commands, 0u);
}

TEST(LoadWindow, LargeCommandsWeighMore) {
  LoadWindow window(slot_ns, 1);
  std::mt19937 random(1);
  for (int i = 0; i < 50000; ++i) {
    const auto number = static_cast<unsigned>(random() % 1000);
    window.add(0, key_of(number), number < 900 ? 0 : 100'000);
  }
  EXPECT_GT(window.median_key(0).value(), key_of(900));
}

TEST(LoadWindow, ARhythmOfTheCommandsDoesNotHideAKey) {
  LoadWindow window(slot_ns, 1);
  for (unsigned i = 0; i < 1U << 16U; ++i) window.add(0, i % 2 == 0 ? "a" : "b", 1);
  EXPECT_EQ(window.median_key(0), "b");
}

TEST(LoadWindow, TheSameCallsGiveTheSameAnswers) {
  LoadWindow one(slot_ns, 7);
  LoadWindow other(slot_ns, 7);
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string key = key_of(static_cast<unsigned>(random() % 5000));
    one.add(i, key, 5);
    other.add(i, key, 5);
  }
  EXPECT_EQ(one.median_key(0), other.median_key(0));
}

}  // namespace
}  // namespace tenon::kv
