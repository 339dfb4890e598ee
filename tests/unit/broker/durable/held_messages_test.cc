#include "broker/durable/held_messages.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::broker {
namespace {

class HeldMessagesTest : public ::testing::Test {
 protected:
  HeldMessages::Place hold(std::string_view payload) {
    session::MessageView view;
    view.topic = "t";
    view.payload = as_bytes(payload);
    waits->start_one();
    return messages.hold({session::Message::make(view), {}, waits});
  }
  // The payloads of what goes out now.
  std::string take() {
    std::string text;
    while (const auto one = messages.take()) {
      text += std::string(as_text(one->message->view().payload)) + ' ';
      one->waits->end_one(mqtt::ReasonCode::success);
    }
    return text;
  }

  std::shared_ptr<Countdown> waits = std::make_shared<Countdown>();
  HeldMessages messages;
};

TEST_F(HeldMessagesTest, NothingGoesOutBeforeItIsOnRecord_MQTT_4_3_3_10_INV_D3) {
  const auto place = hold("a");
  EXPECT_EQ(take(), "");
  messages.settle(place, true);
  EXPECT_FALSE(messages.empty());
  EXPECT_EQ(take(), "a ");
  EXPECT_TRUE(messages.empty());
  EXPECT_EQ(take(), "");
  EXPECT_FALSE(waits->open());
}

TEST_F(HeldMessagesTest, WhatDoesNotComeOnRecordGoesNowhereAndHoldsNobodyUp_MQTT_4_3_3_10) {
  const auto lost = hold("a");
  const auto kept = hold("b");
  messages.settle(lost, false);
  messages.settle(kept, true);
  EXPECT_EQ(take(), "b ");
  EXPECT_FALSE(waits->open());
}

TEST_F(HeldMessagesTest, TheOrderIsThatOfTheClientHoweverRecordsAreAnswered_MQTT_4_6_0_6_INV_O1) {
  const auto a = hold("a");
  const auto b = hold("b");
  const auto c = hold("c");
  messages.settle(c, true);
  messages.settle(b, true);
  EXPECT_EQ(take(), "");
  messages.settle(a, true);
  const auto d = hold("d");
  EXPECT_EQ(take(), "a b c ");
  messages.settle(d, true);
  EXPECT_EQ(take(), "d ");
}

}  // namespace
}  // namespace tenon::broker
