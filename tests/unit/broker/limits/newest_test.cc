#include "broker/limits/newest.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

TEST(Newest, KeepsTheNewestAndGivesThemInThatOrder) {
  Newest<char> newest(3);
  constexpr std::pair<MonoNs, char> all[] = {{5, 'e'}, {1, 'a'}, {4, 'd'}, {2, 'b'}, {6, 'f'}, {3, 'c'}};
  for (const auto& [since_ns, id] : all) newest.offer(since_ns, id);
  EXPECT_EQ(newest.take(), (std::vector{'f', 'e', 'd'}));
  EXPECT_TRUE(newest.take().empty());
}

TEST(Newest, GivesAllWhenThereAreFew) {
  Newest<int> newest(10);
  newest.offer(1, 1);
  newest.offer(2, 2);
  EXPECT_EQ(newest.take(), (std::vector{2, 1}));
}

TEST(Newest, OfNoneKeepsNone) {
  Newest<int> newest(0);
  newest.offer(1, 1);
  EXPECT_TRUE(newest.take().empty());
}

}  // namespace
}  // namespace tenon::broker
