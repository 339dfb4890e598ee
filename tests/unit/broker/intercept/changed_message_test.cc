// What becomes of a message of which something was replaced.
#include "broker/intercept/changed_message.h"

#include <gtest/gtest.h>

#include "mqtt/encode.h"

namespace tenon::broker {
namespace {

using mqtt::PropertyId;
using mqtt::ReasonCode;

class ChangedMessageTest : public testing::Test {
 protected:
  ChangedMessageTest() {
    mqtt::ByteBuffer pairs;
    EXPECT_EQ(mqtt::append_user_property(pairs.writer(), "a", "1"), mqtt::EncodeStatus::ok);
    mqtt::MessageProperties properties;
    properties.payload_format = mqtt::PayloadFormat::text;
    properties.content_type = "text/plain";
    properties.response_topic = "answer";
    properties.correlation_data = as_bytes("\1\2");
    properties.user = mqtt::UserProperties(pairs.bytes());
    EXPECT_EQ(mqtt::append_forwarded(forwarded_.writer(), properties), mqtt::EncodeStatus::ok);
    message_.topic = "a/b";
    message_.payload = as_bytes("hot");
    message_.forwarded = forwarded_.bytes();
    message_.qos = mqtt::QoS::exactly_once;
    message_.retain = true;
    message_.expires_at_ms = 7;
  }
  static std::size_t user_property_count(Bytes forwarded) {
    std::size_t count = 0;
    for (const mqtt::UserProperty pair : mqtt::UserProperties(forwarded, forwarded.size()))
      count += pair.name.size();
    return count;
  }

  ReasonCode fault(const MessageLimits& limits = {.packet_bytes_max = 100}) const {
    return ChangedMessage(message_, change_, "$tenant/red/").fault(limits);
  }

  mqtt::ByteBuffer forwarded_;
  session::MessageView message_;
  host::MessageChange change_;
};

TEST_F(ChangedMessageTest, WithoutAChangeItIsTheSame) {
  const ChangedMessage changed(message_, change_, "prefix/");
  EXPECT_EQ(changed.view().topic.data(), message_.topic.data());
  EXPECT_EQ(changed.view().payload.data(), message_.payload.data());
  EXPECT_EQ(changed.view().forwarded.data(), message_.forwarded.data());
  EXPECT_EQ(changed.fault({}), ReasonCode::success);
}

TEST_F(ChangedMessageTest, WithoutAChangeNothingIsHeldAgainstIt) {
  message_.payload = as_bytes("\xff");
  EXPECT_EQ(fault({1, 1, 0, 0}), ReasonCode::success) << "it was taken from the client as it is";
}

TEST_F(ChangedMessageTest, APayloadThatWasNotReplacedNeedNotBeText) {
  message_.payload = as_bytes("\xff");
  change_.topic = "c";
  EXPECT_EQ(fault(), ReasonCode::success);
}

TEST_F(ChangedMessageTest, ATopicMayBeAsLongAndAsDeepAsThatOfAClient) {
  change_.topic = "abc/d";
  EXPECT_EQ(fault({.topic_bytes_max = 5, .topic_levels_max = 2}), ReasonCode::success);
  EXPECT_EQ(fault({.topic_bytes_max = 4}), ReasonCode::topic_name_invalid);
  EXPECT_EQ(fault({.topic_levels_max = 1}), ReasonCode::topic_name_invalid);
}

TEST_F(ChangedMessageTest, ItMayHaveAsManyUserPropertiesAsThatOfAClient) {
  change_.user_properties = host::UserPropertyList{{"a", "1"}, {"a", "2"}};
  EXPECT_EQ(fault({.user_properties_max = 2}), ReasonCode::success);
  EXPECT_EQ(fault({.user_properties_max = 1}), ReasonCode::quota_exceeded);
}

TEST_F(ChangedMessageTest, WhatIsNotReplacedStays) {
  change_.topic = "c";
  change_.payload = "";
  const ChangedMessage changed(message_, change_, "$tenant/red/");
  EXPECT_EQ(changed.view().topic, "$tenant/red/c");
  EXPECT_TRUE(changed.view().payload.empty());
  EXPECT_EQ(changed.view().qos, mqtt::QoS::exactly_once);
  EXPECT_TRUE(changed.view().retain);
  EXPECT_EQ(changed.view().expires_at_ms, 7);
  EXPECT_EQ(changed.view().forwarded.size(), message_.forwarded.size());
}

TEST_F(ChangedMessageTest, OtherPropertiesThanThoseOfTheUserStayAsTheyAre) {
  change_.user_properties = host::UserPropertyList{{"a", "1"}};
  const ChangedMessage same(message_, change_);
  EXPECT_TRUE(std::ranges::equal(same.view().forwarded, message_.forwarded));
  change_.user_properties = host::UserPropertyList{{"b", "2"}, {"b", "3"}};
  const ChangedMessage changed(message_, change_);
  EXPECT_EQ(user_property_count(changed.view().forwarded), 2u);
  change_.user_properties->clear();
  const ChangedMessage bare(message_, change_);
  EXPECT_EQ(user_property_count(bare.view().forwarded), 0u);
  const mqtt::PropertyCursor type(bare.view().forwarded, PropertyId::content_type);
  EXPECT_FALSE(type.at_end());
}

TEST_F(ChangedMessageTest, TextMustStayText) {
  change_.payload = "\xff";
  EXPECT_EQ(fault(), ReasonCode::payload_format_invalid);
  message_.forwarded = {};
  EXPECT_EQ(fault(), ReasonCode::success);
}

TEST_F(ChangedMessageTest, ItMayNotBecomeLargerThanMessagesMayBe) {
  message_.forwarded = {};
  change_.payload = std::string(97, 'x');
  EXPECT_EQ(fault(), ReasonCode::success);
  change_.payload = std::string(98, 'x');
  EXPECT_EQ(fault(), ReasonCode::quota_exceeded);
}

}  // namespace
}  // namespace tenon::broker
