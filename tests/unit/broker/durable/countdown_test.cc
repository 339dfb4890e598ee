#include "broker/durable/countdown.h"

#include <gtest/gtest.h>

#include <optional>

namespace tenon::broker {
namespace {

using mqtt::ReasonCode;

class CountdownTest : public ::testing::Test {
 protected:
  void start(int count) {
    for (int i = 0; i < count; ++i) countdown.start_one();
    countdown.wait([this](ReasonCode code) {
      ++ends;
      last = code;
    });
  }
  Countdown countdown;
  int ends = 0;
  ReasonCode last{};
};

TEST_F(CountdownTest, EndsWithTheLastOneAndOnce) {
  start(3);
  countdown.end_one(ReasonCode::success);
  countdown.end_one(ReasonCode::success);
  EXPECT_EQ(ends, 0);
  EXPECT_TRUE(countdown.open());
  countdown.end_one(ReasonCode::success);
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(last, ReasonCode::success);
  EXPECT_FALSE(countdown.open());
}

TEST_F(CountdownTest, SaysTheFirstFailure) {
  start(3);
  countdown.end_one(ReasonCode::quota_exceeded);
  countdown.end_one(ReasonCode::server_unavailable);
  countdown.end_one(ReasonCode::success);
  EXPECT_EQ(last, ReasonCode::quota_exceeded);
}

TEST_F(CountdownTest, WhoeverWaitsLastIsToldOfWhatEndedBefore) {
  countdown.start_one();
  countdown.start_one();
  countdown.end_one(ReasonCode::server_unavailable);
  ASSERT_TRUE(countdown.open());
  countdown.wait([this](ReasonCode code) { last = code; });
  countdown.end_one(ReasonCode::success);
  EXPECT_EQ(last, ReasonCode::server_unavailable);
}

}  // namespace
}  // namespace tenon::broker
