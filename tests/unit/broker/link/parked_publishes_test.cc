#include "broker/link/parked_publishes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::broker {
namespace {

using mqtt::QoS;

class ParkedPublishesTest : public testing::Test {
 protected:
  static session::MessageView message(QoS qos, bool retain = false, std::string_view payload = {}) {
    session::MessageView view;
    view.topic = "t";
    view.payload = as_bytes(payload);
    view.qos = qos;
    view.retain = retain;
    return view;
  }
  void push(const session::MessageView& view, MonoNs until_ns = 100) {
    parked.push({session::Message::make(view), mqtt::PacketId::none,
                 session::PublishToken{static_cast<std::uint64_t>(pushed++)}, until_ns});
  }
  // The tokens of one round.
  std::vector<int> round(bool may_go_on, MonoNs now_ns = 0) {
    std::vector<int> tokens;
    parked.begin_round();
    while (const auto one = parked.next(may_go_on, now_ns)) tokens.push_back(static_cast<int>(one->token));
    return tokens;
  }

  std::size_t total_bytes = 0;
  int pushed = 0;
  ParkedPublishes parked{total_bytes};
};

TEST_F(ParkedPublishesTest, AreTakenInTheOrderInWhichTheyCame) {
  push(message(QoS::at_least_once));
  push(message(QoS::exactly_once));
  push(message(QoS::at_most_once, true));
  EXPECT_EQ(round(true), (std::vector{0, 1, 2}));
  EXPECT_TRUE(parked.empty());
}

TEST_F(ParkedPublishesTest, CountInTheTotalAsLongAsTheyWait) {
  const std::string payload(1000, 'x');
  push(message(QoS::at_least_once, false, payload));
  const std::size_t of_one = total_bytes;
  EXPECT_GT(of_one, payload.size());
  push(message(QoS::at_least_once, false, payload));
  EXPECT_EQ(total_bytes, 2 * of_one);
  {
    ParkedPublishes others(total_bytes);
    others.push({session::Message::make(message(QoS::at_least_once, false, payload))});
    EXPECT_EQ(total_bytes, 3 * of_one);
  }
  EXPECT_EQ(total_bytes, 2 * of_one) << "they went with their link";
  parked.begin_round();
  EXPECT_TRUE(parked.next(true, 0));
  EXPECT_EQ(total_bytes, of_one);
  EXPECT_TRUE(parked.next(true, 0));
  EXPECT_EQ(total_bytes, 0u);
}

TEST_F(ParkedPublishesTest, NoMoreAreTakenInARoundThanItsCount) {
  constexpr std::size_t count = ParkedPublishes::round_count_max;
  for (std::size_t i = 0; i < 2 * count + 1; ++i) push(message(QoS::exactly_once));
  EXPECT_EQ(round(true).size(), count);
  EXPECT_EQ(round(true).size(), count);
  EXPECT_EQ(round(true), std::vector{static_cast<int>(2 * count)});
}

TEST_F(ParkedPublishesTest, ARoundEndsWithTheMessageThatReachesItsBytes) {
  const std::string quarter(ParkedPublishes::round_bytes_max / 4, 'x');
  for (int i = 0; i < 5; ++i) push(message(QoS::exactly_once, false, quarter));
  EXPECT_EQ(round(true), (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(round(true), std::vector{4});
  push(message(QoS::exactly_once, false, std::string(1 << 20, 'x')));
  push(message(QoS::exactly_once));
  EXPECT_EQ(round(true), std::vector{5}) << "one that is larger than that goes alone";
}

TEST_F(ParkedPublishesTest, WithoutLeaveToGoOnOnlyThoseWhoseTimeIsUpAreTaken) {
  push(message(QoS::at_least_once), 100);
  push(message(QoS::at_least_once), 200);
  EXPECT_EQ(round(false, 99), std::vector<int>{});
  EXPECT_EQ(round(false, 100), std::vector{0});
  EXPECT_EQ(round(true, 100), std::vector{1});
}

TEST_F(ParkedPublishesTest, WhatIsAnsweredAndWaitsBehindOneThatWasGivenUpIsDoomed_INV_O1) {
  push(message(QoS::at_least_once), 10);
  push(message(QoS::at_least_once), 20);
  push(message(QoS::at_most_once), 20);
  push(message(QoS::exactly_once), 20);
  parked.begin_round();
  ASSERT_TRUE(parked.next(false, 10));
  parked.doom_waiting();
  push(message(QoS::at_least_once), 30);  // sent behind the refusal
  EXPECT_TRUE(parked.next(true, 10)->is_doomed);
  EXPECT_FALSE(parked.next(true, 10)->is_doomed);
  EXPECT_TRUE(parked.next(false, 10)->is_doomed);
  EXPECT_FALSE(parked.next(false, 10));
  EXPECT_FALSE(parked.next(true, 10)->is_doomed);
}

TEST_F(ParkedPublishesTest, LeaveToGoOnMayEndWithinARound) {
  push(message(QoS::exactly_once));
  push(message(QoS::exactly_once));
  parked.begin_round();
  EXPECT_TRUE(parked.next(true, 0));
  EXPECT_FALSE(parked.next(false, 0));
}

TEST_F(ParkedPublishesTest, HoldBackWhatWouldBeReplacedByAnOlderOne) {
  push(message(QoS::at_least_once, true));
  EXPECT_TRUE(parked.holds_back(message(QoS::at_least_once)));
  EXPECT_TRUE(parked.holds_back(message(QoS::exactly_once)));
  EXPECT_TRUE(parked.holds_back(message(QoS::at_most_once, true)));
  EXPECT_FALSE(parked.holds_back(message(QoS::at_most_once)));
}

TEST_F(ParkedPublishesTest, HoldBackMessagesWithQos0BehindOneWithQos0Mqtt4_6_0_5) {
  push(message(QoS::at_most_once, true));
  EXPECT_TRUE(parked.holds_back(message(QoS::at_most_once)));
  push(message(QoS::at_least_once));
  parked.begin_round();
  EXPECT_TRUE(parked.next(true, 0));
  EXPECT_FALSE(parked.holds_back(message(QoS::at_most_once)));
}

}  // namespace
}  // namespace tenon::broker
