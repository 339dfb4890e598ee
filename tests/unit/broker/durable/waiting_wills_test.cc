#include "broker/durable/waiting_wills.h"

#include <gtest/gtest.h>

#include <thread>

namespace tenon::broker {
namespace {

TEST(WaitingWills, AWillWaitsOnceHoweverManyWorkersItIsHandedTo) {
  WaitingWills wills;
  bool first = false;
  bool second = false;
  std::thread worker([&] { first = wills.begin({1, 2}); });
  std::thread other([&] { second = wills.begin({1, 2}); });
  worker.join();
  other.join();
  EXPECT_NE(first, second);
  EXPECT_TRUE(wills.begin({1, 3})) << "the next one of the session";
  wills.end({1, 2});
  EXPECT_TRUE(wills.begin({1, 2}));
}

}  // namespace
}  // namespace tenon::broker
