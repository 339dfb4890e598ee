// Wills that wait for interceptors.
#include "broker/intercept/intercepted_wills.h"

#include <gtest/gtest.h>

#include <thread>

namespace tenon::broker {
namespace {

TEST(InterceptedWills, AWillIsAskedAboutOnceHoweverManyWorkersItIsHandedTo) {
  InterceptedWills wills;
  bool first = false;
  bool second = false;
  std::thread worker([&] { first = wills.begin({1, 2}); });
  std::thread other([&] { second = wills.begin({1, 2}); });
  worker.join();
  other.join();
  EXPECT_NE(first, second);
  EXPECT_TRUE(wills.contains({1, 2}));
  EXPECT_TRUE(wills.begin({1, 3})) << "the next one of the session";
  wills.end({1, 2});
  EXPECT_FALSE(wills.contains({1, 2}));
  EXPECT_TRUE(wills.begin({1, 2}));
}

}  // namespace
}  // namespace tenon::broker
