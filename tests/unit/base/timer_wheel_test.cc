#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace tenon {
namespace {

struct Count {
  int fired = 0;
  static void fire(void* user) { ++static_cast<Count*>(user)->fired; }
};

TEST(TimerWheel, FiresOnceAtItsTimeAndNotBefore) {
  TimerWheel wheel(5 * ns_per_s);
  Count count;
  wheel.start(5 * ns_per_s + 70 * ns_per_ms, Count::fire, &count);
  EXPECT_EQ(wheel.advance(5 * ns_per_s + 70 * ns_per_ms - 1), 0u);
  EXPECT_EQ(wheel.advance(5 * ns_per_s + 70 * ns_per_ms), 1u);
  EXPECT_EQ(wheel.advance(9 * ns_per_s), 0u);
  EXPECT_EQ(count.fired, 1);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, NeverFiresWithinTheTickOfItsStart) {
  TimerWheel wheel(1'700'000);
  Count count;
  wheel.start(0, Count::fire, &count);
  wheel.start(1'800'000, Count::fire, &count);
  EXPECT_EQ(wheel.advance(1'999'999), 0u);
  EXPECT_EQ(wheel.advance(2'000'000), 2u);
}

TEST(TimerWheel, CancelledTimerStaysSilentAndItsTokenIsStale) {
  TimerWheel wheel;
  Count count;
  const TimerToken first = wheel.start(10 * ns_per_ms, Count::fire, &count);
  EXPECT_TRUE(wheel.cancel(first));
  EXPECT_FALSE(wheel.cancel(first));
  const TimerToken second = wheel.start(10 * ns_per_ms, Count::fire, &count);
  EXPECT_NE(first, second);
  EXPECT_FALSE(wheel.cancel(first));
  EXPECT_EQ(wheel.advance(ns_per_s), 1u);
  EXPECT_FALSE(wheel.cancel(second));
}

TEST(TimerWheel, NextDueIsEmptyWithoutTimersAndNeverLaterThanTheFirst) {
  TimerWheel wheel;
  Count count;
  EXPECT_EQ(wheel.next_due_ns(), INT64_MAX);
  wheel.start(90 * ns_per_s, Count::fire, &count);
  EXPECT_LE(wheel.next_due_ns(), 90 * ns_per_s);
  wheel.start(3 * ns_per_ms, Count::fire, &count);
  EXPECT_EQ(wheel.next_due_ns(), 3 * ns_per_ms);
}

TEST(TimerWheel, FarFutureIsReachedByFollowingNextDueOnly) {
  TimerWheel wheel(123 * ns_per_ms);
  Count count;
  const MonoNs due = 40'000'000 * ns_per_s + 17 * ns_per_ms;
  wheel.start(due, Count::fire, &count);
  int steps = 0;
  while (count.fired == 0) {
    const MonoNs next = wheel.next_due_ns();
    ASSERT_LE(next, due);
    wheel.advance(next);
    ASSERT_LT(++steps, 10);
  }
  EXPECT_EQ(wheel.next_due_ns(), INT64_MAX);
}

TEST(TimerWheel, DelayBeyondACenturyIsAccepted) {
  TimerWheel wheel(7 * ns_per_s);
  Count count;
  const TimerToken token = wheel.start(INT64_MAX, Count::fire, &count);
  EXPECT_EQ(wheel.advance(3'000'000'000 * ns_per_s), 0u);
  EXPECT_TRUE(wheel.cancel(token));
}

struct Chain {
  TimerWheel* wheel;
  TimerToken victim{};
  bool cancelled = false;
  int fired = 0;
  static void cancel_victim(void* user) {
    auto& self = *static_cast<Chain*>(user);
    ++self.fired;
    self.cancelled = self.wheel->cancel(self.victim) || self.cancelled;
  }
  static void again(void* user) {
    auto& self = *static_cast<Chain*>(user);
    if (++self.fired < 5) self.wheel->start(0, again, user);
  }
};

TEST(TimerWheel, CallbackMayCancelAnotherTimerOfTheSameTick) {
  TimerWheel wheel;
  Chain one{&wheel}, two{&wheel};
  one.victim = wheel.start(8 * ns_per_ms, Chain::cancel_victim, &two);
  two.victim = wheel.start(8 * ns_per_ms, Chain::cancel_victim, &one);
  wheel.advance(8 * ns_per_ms);
  EXPECT_EQ(one.fired + two.fired, 1) << "whichever comes first silences the other";
  EXPECT_TRUE(one.cancelled || two.cancelled);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, CallbackMayStartTimersThatFireInTheSameAdvance) {
  TimerWheel wheel;
  Chain chain{&wheel};
  wheel.start(1 * ns_per_ms, Chain::again, &chain);
  EXPECT_EQ(wheel.advance(3 * ns_per_ms), 3u);
  EXPECT_EQ(wheel.advance(9 * ns_per_ms), 2u);
}

// The same random walk on the wheel and on an ordered map must fire the same timers at the same ticks.
class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      switch (random_() % 4) {
        case 0:
        case 1:
          start();
          break;
        case 2:
          cancel();
          break;
        default:
          advance();
      }
      ASSERT_EQ(wheel_.size(), expected_.size());
      if (!expected_.empty()) {
        ASSERT_LE(wheel_.next_due_ns() / ns_per_ms, expected_.begin()->first);
      }
    }
  }

 private:
  struct Entry {
    Model* model;
    std::int64_t due_tick;
    TimerToken token;
  };

  static void fired(void* user) {
    auto& entry = *static_cast<Entry*>(user);
    Model& model = *entry.model;
    EXPECT_LE(entry.due_tick, model.target_tick_);
    EXPECT_GE(entry.due_tick, model.last_fired_tick_) << "order of due ticks";
    model.last_fired_tick_ = entry.due_tick;
    const auto [begin, end] = model.expected_.equal_range(entry.due_tick);
    for (auto it = begin; it != end; ++it) {
      if (it->second.get() != &entry) continue;
      model.expected_.erase(it);
      return;
    }
    ADD_FAILURE() << "fired twice or after cancel";
  }

  void start() {
    const std::int64_t range = std::int64_t{1} << (random_() % 34);
    const std::int64_t delay_tick = static_cast<std::int64_t>(random_()) % range;
    const std::int64_t due_tick = std::max(now_tick_ + delay_tick, now_tick_ + 1);
    auto entry = std::make_unique<Entry>(Entry{this, due_tick, {}});
    entry->token = wheel_.start((now_tick_ + delay_tick) * ns_per_ms, fired, entry.get());
    expected_.emplace(due_tick, std::move(entry));
  }

  void cancel() {
    if (expected_.empty()) return;
    auto it = expected_.begin();
    std::advance(it, random_() % expected_.size());
    EXPECT_TRUE(wheel_.cancel(it->second->token));
    expected_.erase(it);
  }

  void advance() {
    const std::int64_t range = std::int64_t{1} << (random_() % 28);
    target_tick_ = now_tick_ + static_cast<std::int64_t>(random_()) % range;
    last_fired_tick_ = 0;
    wheel_.advance(target_tick_ * ns_per_ms + static_cast<std::int64_t>(random_() % ns_per_ms));
    now_tick_ = target_tick_;
    if (!expected_.empty()) {
      EXPECT_GT(expected_.begin()->first, now_tick_) << "due and not fired";
    }
  }

  std::mt19937 random_;
  TimerWheel wheel_;
  std::int64_t now_tick_ = 0;
  std::int64_t target_tick_ = 0;
  std::int64_t last_fired_tick_ = 0;
  std::multimap<std::int64_t, std::unique_ptr<Entry>> expected_;
};

TEST(TimerWheel, BehavesAsAnOrderedMapOnRandomWalks) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Model(seed).run(3000);
  }
}

}  // namespace
}  // namespace tenon
