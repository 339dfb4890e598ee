#include "broker/durable/open_work.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

constexpr ConnectionAddress first{0, 1, 1};
constexpr ConnectionAddress later_in_its_slot{0, 1, 2};

struct OpenWorkTest : testing::Test {
  bool wait(const ConnectionAddress& link, MonoNs now_ns = 1) {
    std::function<void()> then = [this] { ++told; };
    return attaches.wait(link, then, now_ns);
  }

  OpenWork attaches;
  int told = 0;
};

TEST_F(OpenWorkTest, NobodyWaitsForWhatIsNotOpen) {
  EXPECT_FALSE(wait(first));
  attaches.begin(first);
  EXPECT_FALSE(wait(later_in_its_slot));
  attaches.settle(first);
  EXPECT_FALSE(wait(first));
  EXPECT_EQ(told, 0);
}

TEST_F(OpenWorkTest, AllWhoWaitAreToldOnceWhenItIsSettled) {
  attaches.begin(first);
  EXPECT_TRUE(wait(first));
  attaches.begin(first);  // it is asked for again
  EXPECT_TRUE(wait(first));
  attaches.settle(later_in_its_slot);
  EXPECT_EQ(told, 0);
  attaches.settle(first);
  attaches.settle(first);
  EXPECT_EQ(told, 2);
}

TEST_F(OpenWorkTest, WhatIsWaitedForTooLongIsGivenUpAndWhatNobodyWaitsForIsNot) {
  attaches.begin(first);
  EXPECT_TRUE(wait(first, 10));
  EXPECT_TRUE(wait(first, 20));
  attaches.begin(later_in_its_slot);
  attaches.give_up(9);
  EXPECT_EQ(told, 0);
  attaches.give_up(10);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(wait(first));
  EXPECT_TRUE(wait(later_in_its_slot));
}

}  // namespace
}  // namespace tenon::broker
