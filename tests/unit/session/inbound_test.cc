#include "session/test_client.h"

namespace tenon::session {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::ReasonCode;
using mqtt::Version;

using Inbound = ConnectionTest;

TEST_F(Inbound, EachQosIsAcknowledgedAsItMust) {
  go_live();
  publish("t", QoS::at_most_once, 0);
  publish("t", QoS::at_least_once, 1);
  publish("t", QoS::exactly_once, 2);
  EXPECT_EQ(received(), (Lines{"PUBACK 1 success", "PUBREC 2 success"}));
  EXPECT_EQ(ports.published.size(), 3u);
  ack(PacketType::pubrel, 2);
  EXPECT_EQ(received(), Lines{"PUBCOMP 2 success"});
}

TEST_F(Inbound, RepeatedQos2PublishIsTakenOnceMqtt4_3_3_10) {
  go_live();
  publish("t", QoS::exactly_once, 5);
  publish("t", QoS::exactly_once, 5, "p", true);
  EXPECT_EQ(ports.published.size(), 1u);
  EXPECT_EQ(received(), (Lines{"PUBREC 5 success", "PUBREC 5 success"}));
}

TEST_F(Inbound, IdIsNewAgainAfterItsReleaseMqtt4_3_3_12) {
  go_live();
  publish("t", QoS::exactly_once, 5);
  ack(PacketType::pubrel, 5);
  publish("t", QoS::exactly_once, 5);
  EXPECT_EQ(ports.published.size(), 2u);
}

TEST_F(Inbound, UnknownPubrelIsAnsweredWithItsCode) {
  go_live();
  ack(PacketType::pubrel, 9);
  EXPECT_EQ(received(), Lines{"PUBCOMP 9 packet identifier not found"});
}

TEST_F(Inbound, FailedPubrecFreesTheIdMqtt4_3_3_9) {
  go_live();
  ports.publish_answer = ReasonCode::not_authorized;
  publish("t", QoS::exactly_once, 5);
  publish("t", QoS::exactly_once, 5);
  EXPECT_EQ(ports.published.size(), 2u);
  EXPECT_EQ(received(), (Lines{"PUBREC 5 not authorized", "PUBREC 5 not authorized"}));
}

TEST_F(Inbound, AcknowledgementsKeepTheOrderOfTheMessagesMqtt4_6_0_2) {
  go_live();
  ports.publish_answer.reset();
  publish("t", QoS::at_least_once, 1);
  publish("t", QoS::exactly_once, 2);
  ports.publish_answer = ReasonCode::success;
  publish("t", QoS::at_least_once, 3);
  EXPECT_EQ(received(), Lines{});
  connection->on_published(ports.tokens[1], ReasonCode::success);
  EXPECT_EQ(received(), Lines{});
  connection->on_published(ports.tokens[0], ReasonCode::quota_exceeded);
  EXPECT_EQ(received(), (Lines{"PUBACK 1 quota exceeded", "PUBREC 2 success", "PUBACK 3 success"}));
}

TEST_F(Inbound, WhatWasNotKeptIsRefusedWithACodeThatMayBeAndASentence_MQTT_3_4_2_1) {
  for (const auto& [qos, type] : {std::pair{QoS::at_least_once, PacketType::puback},
                                  std::pair{QoS::exactly_once, PacketType::pubrec}}) {
    connection.reset();
    ports.tokens.clear();
    go_live();
    ports.publish_answer.reset();
    publish("t", qos, 1);
    connection->on_published(ports.tokens.at(0), ReasonCode::server_unavailable);
    const std::string bytes = take_output();
    const auto found = mqtt::find_frame(
        as_bytes(bytes), mqtt::rules_for(version, mqtt::Sender::server, mqtt::packet_bytes_limit));
    ASSERT_EQ(found.status, mqtt::FrameStatus::ready);
    EXPECT_EQ(found.frame.type, type);
    const auto packet = mqtt::decode_ack(found.frame, version);
    EXPECT_EQ(packet->reason, ReasonCode::unspecified_error);
    EXPECT_EQ(packet->properties.reason_string,
              "not kept: the nodes that it takes have not answered in time");
  }
}

TEST_F(Inbound, ARefusalForWantOfTimeIsOwedUntilItIsSaid) {
  go_live();
  ports.publish_answer.reset();
  for (const unsigned id : {1u, 2u, 3u}) publish("t", QoS::at_least_once, id);
  connection->on_published(ports.tokens[2], ReasonCode::not_authorized);
  EXPECT_FALSE(connection->owes_refusal());
  connection->on_published(ports.tokens[1], ReasonCode::server_unavailable);
  EXPECT_TRUE(connection->owes_refusal());
  connection->on_published(ports.tokens[0], ReasonCode::success);
  EXPECT_FALSE(connection->owes_refusal());
  publish("t", QoS::exactly_once, 4);
  ports.publish_answer = ReasonCode::server_unavailable;
  publish("t", QoS::at_least_once, 5);
  EXPECT_TRUE(connection->owes_refusal());
}

TEST_F(Inbound, AnswerForAnUnknownTokenIsIgnored) {
  go_live();
  connection->on_published(PublishToken{77}, ReasonCode::success);
  ports.publish_answer.reset();
  publish("t", QoS::at_least_once, 1);
  connection->on_published(ports.tokens[0], ReasonCode::success);
  connection->on_published(ports.tokens[0], ReasonCode::success);
  EXPECT_EQ(received(), Lines{"PUBACK 1 success"});
}

TEST_F(Inbound, MoreThanTheReceiveMaximumEndsItMqtt3_3_4_8) {
  limits.receive_maximum = 2;
  go_live();
  for (unsigned id = 1; id <= 3; ++id) publish("t", QoS::exactly_once, id);
  EXPECT_EQ(received(),
            (Lines{"PUBREC 1 success", "PUBREC 2 success", "DISCONNECT receive maximum exceeded"}));
}

TEST_F(Inbound, AllOfTheReceiveMaximumMayWaitForItsPubrecMqtt3_3_4_7) {
  limits.receive_maximum = 4;
  go_live();
  ports.publish_answer.reset();
  for (unsigned id = 1; id <= 4; ++id) publish("t", QoS::exactly_once, id);
  EXPECT_EQ(received(), Lines{});
  EXPECT_EQ(ports.published.size(), 4u);
  publish("t", QoS::exactly_once, 4, "p", true);  // sent again, it is no other one
  EXPECT_EQ(received(), Lines{});
  publish("t", QoS::exactly_once, 5);
  EXPECT_EQ(received(), Lines{"DISCONNECT receive maximum exceeded"});
}

TEST_F(Inbound, MessagesOfBothQosShareTheReceiveMaximumMqtt3_3_4_7) {
  limits.receive_maximum = 4;
  go_live();
  ports.publish_answer.reset();
  publish("t", QoS::exactly_once, 1);
  publish("t", QoS::at_least_once, 2);
  publish("t", QoS::exactly_once, 3);
  publish("t", QoS::at_least_once, 4);
  for (const PublishToken token : std::vector(ports.tokens))
    connection->on_published(token, ReasonCode::success);
  EXPECT_EQ(received(),
            (Lines{"PUBREC 1 success", "PUBACK 2 success", "PUBREC 3 success", "PUBACK 4 success"}));
  publish("t", QoS::at_least_once, 5);  // both PUBACKs have made room, the PUBRECs have not
  publish("t", QoS::at_least_once, 6);
  EXPECT_EQ(received(), Lines{});
  publish("t", QoS::at_least_once, 1);
  EXPECT_EQ(received(), Lines{"DISCONNECT receive maximum exceeded"});
}

TEST_F(Inbound, PubcompMakesRoomInTheReceiveMaximumMqtt4_9_0_2) {
  limits.receive_maximum = 2;
  go_live();
  for (unsigned id = 1; id <= 2; ++id) publish("t", QoS::exactly_once, id);
  ack(PacketType::pubrel, 1);
  publish("t", QoS::exactly_once, 3);
  EXPECT_EQ(received(),
            (Lines{"PUBREC 1 success", "PUBREC 2 success", "PUBCOMP 1 success", "PUBREC 3 success"}));
}

TEST_F(Inbound, WhatAnEarlierConnectionHasLeftCountsForTheReceiveMaximumWhenItIsSentAgainOnlyMqtt4_9_0_1) {
  const mqtt::PacketId before[] = {mqtt::PacketId{1}, mqtt::PacketId{2}};
  limits.receive_maximum = 2;
  ports.attach_answer->stored = true;
  ports.attach_answer->received_ids = before;
  go_live();
  publish("t", QoS::at_least_once, 7);
  publish("t", QoS::exactly_once, 8);
  EXPECT_EQ(received(), (Lines{"PUBACK 7 success", "PUBREC 8 success"}));
  publish("t", QoS::exactly_once, 1, "p", true);
  EXPECT_EQ(received(), Lines{"PUBREC 1 success"});
  publish("t", QoS::exactly_once, 9);
  EXPECT_EQ(received(), Lines{"DISCONNECT receive maximum exceeded"});
}

TEST_F(Inbound, PubrelBeforeItsPubrecMakesNoRoomInTheReceiveMaximum) {
  limits.receive_maximum = 2;
  go_live();
  ports.publish_answer.reset();
  for (unsigned id = 1; id <= 2; ++id) {
    publish("t", QoS::exactly_once, id);
    ack(PacketType::pubrel, id);
  }
  EXPECT_EQ(received(), (Lines{"PUBCOMP 1 success", "PUBCOMP 2 success"}));
  publish("t", QoS::exactly_once, 1);
  EXPECT_EQ(received(), Lines{"DISCONNECT receive maximum exceeded"});
}

TEST_F(Inbound, TopicAliasStandsForItsTopicMqtt3_3_2_12) {
  go_live();
  mqtt::Publish packet;
  packet.topic = "long/topic";
  packet.properties.topic_alias = 3;
  const auto write = [&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {}); };
  send(write);
  packet.topic = "";
  send(write);
  ASSERT_EQ(ports.published.size(), 2u);
  EXPECT_EQ(ports.published[1].topic, "long/topic");
}

TEST_F(Inbound, UnknownOrTooLargeAliasEndsIt) {
  go_live();
  mqtt::Publish packet;
  packet.topic = "";
  packet.properties.topic_alias = 4;
  send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {}); });
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
  connection.reset();
  go_live();
  packet.topic = "t";
  packet.properties.topic_alias = static_cast<std::uint16_t>(limits.topic_alias_max + 1);
  send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {}); });
  EXPECT_EQ(received(), Lines{"DISCONNECT topic alias invalid"});  // [MQTT-3.3.2-9]
}

TEST_F(Inbound, QosAboveTheMaximumEndsItMqtt3_2_2_11) {
  limits.qos_max = QoS::at_least_once;
  go_live();
  publish("t", QoS::exactly_once, 1);
  EXPECT_EQ(received(), Lines{"DISCONNECT QoS not supported"});
}

TEST_F(Inbound, TooDeepTopicEndsIt) {
  limits.topic_levels_max = 3;
  go_live();
  publish("a/b/c", QoS::at_most_once, 0);
  publish("a/b/c/d", QoS::at_most_once, 0);
  EXPECT_EQ(ports.published.size(), 1u);
  EXPECT_EQ(received(), Lines{"DISCONNECT topic name invalid"});
}

TEST_F(Inbound, PacketsMayComeInAnyPieces) {
  go_live();
  mqtt::ByteBuffer buffer;
  mqtt::Publish packet;
  packet.topic = "pieces";
  packet.qos = QoS::at_least_once;
  packet.packet_id = mqtt::PacketId{1};
  packet.payload = as_bytes("payload");
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(mqtt::encode_publish(buffer.writer(), packet, {}), mqtt::EncodeStatus::ok);
  std::string waiting;
  for (const std::uint8_t byte : buffer.bytes()) {
    waiting.push_back(static_cast<char>(byte));
    waiting.erase(0, connection->on_bytes(as_bytes(waiting)));
  }
  EXPECT_EQ(ports.published.size(), 3u);
  EXPECT_TRUE(waiting.empty());
}

TEST_F(Inbound, Qos2IdsOfAStoredSessionAreRememberedAndKnownAfterAResume) {
  const mqtt::PacketId before[] = {mqtt::PacketId{8}};
  ports.attach_answer->stored = true;
  ports.attach_answer->received_ids = before;
  go_live();
  publish("t", QoS::exactly_once, 8, "p", true);
  EXPECT_TRUE(ports.published.empty());
  publish("t", QoS::exactly_once, 9);
  ack(PacketType::pubrel, 8);
  EXPECT_EQ(ports.remembered, std::vector{mqtt::PacketId{9}});
  EXPECT_EQ(ports.forgotten, std::vector{mqtt::PacketId{8}});
}

TEST_F(Inbound, PubcompOfAStoredSessionWaitsUntilTheIdIsForgotten) {
  ports.attach_answer->stored = true;
  ports.record_answer = false;
  go_live();
  publish("t", QoS::exactly_once, 9);
  ack(PacketType::pubrel, 9);
  ack(PacketType::pubrel, 9);
  EXPECT_EQ(received(), Lines{"PUBREC 9 success"});
  EXPECT_EQ(ports.forgotten, std::vector{mqtt::PacketId{9}});
  connection->on_forgotten(mqtt::PacketId{9});
  EXPECT_EQ(received(), Lines{"PUBCOMP 9 success"});
}

TEST_F(Inbound, PayloadThatIsNotTheTextItIsSaidToBeIsRefusedAndTheConnectionGoesOn) {
  limits.payload_format_check = true;
  go_live();
  publish_text(QoS::at_most_once, 0, "\xFF");
  publish_text(QoS::at_least_once, 1, "\xC3");
  publish_text(QoS::exactly_once, 2, "\xED\xA0\x80");
  EXPECT_EQ(received(), (Lines{"PUBACK 1 payload format invalid", "PUBREC 2 payload format invalid"}));
  EXPECT_TRUE(ports.published.empty());
  EXPECT_EQ(ports.refusals, (std::vector<std::pair<Limit, QoS>>{{Limit::payload_format, QoS::at_most_once},
                                                                {Limit::payload_format, QoS::at_least_once},
                                                                {Limit::payload_format, QoS::exactly_once}}));
  EXPECT_TRUE(connection->live());
}

TEST_F(Inbound, PayloadThatIsTextOrNotSaidToBeIsTaken) {
  limits.payload_format_check = true;
  go_live();
  publish_text(QoS::at_least_once, 1, "\xC3\xA9");
  publish_text(QoS::at_least_once, 2, "");
  publish_text(QoS::at_least_once, 3, std::string_view("a\0b", 3));
  publish("t", QoS::at_least_once, 4, "\xFF");
  EXPECT_EQ(ports.published.size(), 4u);
  EXPECT_TRUE(ports.refusals.empty());
}

TEST_F(Inbound, PayloadIsNotLookedAtUnlessItIsAskedFor) {
  go_live();
  publish_text(QoS::at_least_once, 1, "\xFF");
  EXPECT_EQ(ports.published.size(), 1u);
}

TEST_F(Inbound, IdOfARefusedPayloadIsFreeMqtt4_3_3_9) {
  limits.payload_format_check = true;
  ports.attach_answer->stored = true;
  go_live();
  publish_text(QoS::exactly_once, 5, "\xFF");
  EXPECT_TRUE(ports.remembered.empty());
  publish_text(QoS::exactly_once, 5, "text");
  EXPECT_EQ(received(), (Lines{"PUBREC 5 payload format invalid", "PUBREC 5 success"}));
  EXPECT_EQ(ports.remembered, std::vector{mqtt::PacketId{5}});
}

TEST_F(Inbound, RefusalOfAPayloadWaitsForItsTurnAndIsSaidOnceMqtt4_6_0_2) {
  limits.payload_format_check = true;
  ports.publish_answer = std::nullopt;
  go_live();
  publish("t", QoS::at_least_once, 1);
  publish_text(QoS::exactly_once, 2, "\xFF");
  publish_text(QoS::exactly_once, 2, "\xFF", true);
  EXPECT_EQ(received(), Lines{});
  connection->on_published(ports.tokens.at(0), ReasonCode::success);
  EXPECT_EQ(received(), (Lines{"PUBACK 1 success", "PUBREC 2 payload format invalid"}));
}

TEST_F(Inbound, PacketThatOnlyAServerSendsEndsIt) {
  go_live();
  const std::uint8_t connack[] = {0x20, 3, 0, 0, 0};
  connection->on_bytes(connack);
  EXPECT_TRUE(connection->closing());
}

}  // namespace
}  // namespace tenon::session
