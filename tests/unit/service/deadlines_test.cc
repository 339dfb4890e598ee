#include "service/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "support/sim_random.h"

namespace tenon::service {
namespace {

std::vector<std::string> due_at(const Deadlines& deadlines, UnixMs now_ms, std::size_t count_max = 1000) {
  std::vector<std::string_view> keys;
  deadlines.due(now_ms, count_max, keys);
  std::vector<std::string> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

TEST(ServiceDeadlines, HoldsWhatAMapWouldHold) {
  test::SimRandom random(1);
  Deadlines deadlines(5);
  std::map<std::string, UnixMs> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "client-" + std::to_string(random.below(300));
    if (random.percent(40)) {
      deadlines.erase(key);
      model.erase(key);
    } else {
      const auto at_ms = static_cast<UnixMs>(random.below(1000));
      deadlines.set(key, at_ms);
      model[key] = at_ms;
    }
    ASSERT_EQ(deadlines.size(), model.size());
    if (step % 100 != 0) continue;
    const auto now_ms = static_cast<UnixMs>(random.below(1000));
    std::vector<std::string> expected;
    for (const auto& [name, at_ms] : model)
      if (at_ms <= now_ms) expected.push_back(name);
    ASSERT_EQ(due_at(deadlines, now_ms), expected) << "step " << step;
  }
}

TEST(ServiceDeadlines, GivesNoMoreThanAskedFor) {
  Deadlines deadlines(5);
  for (int i = 0; i < 10; ++i) deadlines.set(std::to_string(i), i);
  EXPECT_EQ(due_at(deadlines, 5, 3).size(), 3u);
  EXPECT_EQ(due_at(deadlines, 5).size(), 6u);
  EXPECT_TRUE(due_at(deadlines, -1).empty());
  deadlines.clear();
  EXPECT_TRUE(due_at(deadlines, 100).empty());
  deadlines.erase("1");
}

TEST(ServiceDeadlines, TakeAHundredBytesForAnOwnerOfUsualLength) {
  Deadlines deadlines(5);
  for (std::size_t count = 1; count <= 70'000; ++count) {
    deadlines.set("xx--sensor-0000" + std::to_string(100'000 + count), 1);
    if (count > 1000) {
      ASSERT_LE(deadlines.memory_bytes() / count, 100u) << count;
    }
  }
}

}  // namespace
}  // namespace tenon::service
