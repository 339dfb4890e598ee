#include <array>

#include "mqtt/publish_head.h"
#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

Decoded<Publish> decode_publish(const Wire& packet, Version version, Sender sender = Sender::client) {
  return decode_publish(test::frame_of(packet), version, sender);
}

Wire v5_body(const Wire& properties, std::string_view payload = "p") {
  return Wire().text("t").properties(properties).raw(payload);
}

DecodeError publish_refusal(const Wire& properties, Sender sender = Sender::client) {
  return decode_publish(v5_body(properties).packet(0x30), Version::v5, sender).error();
}

TEST(Publish, AllFlagsAndFieldsAreRead) {
  for (const Version version : test::all_versions) {
    Wire body = Wire().text("a/b").two(0x1234);
    if (version == Version::v5) body.properties({});
    const Wire packet = body.raw("payload").packet(0x3D);
    const auto publish = decode_publish(packet, version);
    ASSERT_TRUE(publish) << to_string(publish.error());
    EXPECT_TRUE(publish->dup);
    EXPECT_TRUE(publish->retain);
    EXPECT_EQ(publish->qos, QoS::exactly_once);
    EXPECT_EQ(publish->topic, "a/b");
    EXPECT_EQ(number(publish->packet_id), 0x1234);
    EXPECT_EQ(test::string_of(publish->payload), "payload");
  }
}

// [MQTT-2.2.1-2] (3.1.1: [MQTT-2.3.1-5])
TEST(Publish, Qos0HasNoPacketId) {
  const Wire packet = Wire().text("a").raw("\x01\x02").packet(0x30);
  const auto publish = decode_publish(packet, Version::v3_1_1);
  ASSERT_TRUE(publish);
  EXPECT_EQ(publish->packet_id, PacketId::none);
  EXPECT_EQ(publish->payload.size(), 2u);
}

TEST(Publish, PayloadMayBeEmpty) {
  const Wire v3 = Wire().text("a").packet(0x31);
  EXPECT_TRUE(decode_publish(v3, Version::v3_1_1)->payload.empty());
  const Wire v5 = Wire().text("a").byte(0).packet(0x31);
  EXPECT_TRUE(decode_publish(v5, Version::v5)->payload.empty());
}

// [MQTT-2.2.1-3] (3.1.1: [MQTT-2.3.1-1])
TEST(Publish, PacketIdZeroIsRefused) {
  for (const Version version : test::all_versions) {
    Wire body = Wire().text("a").two(0);
    if (version == Version::v5) body.properties({});
    EXPECT_TRUE(refused(decode_publish(body.packet(0x32), version).error(), protocol_error,
                        "packet identifier is 0"));
  }
}

// [MQTT-3.3.2-2] [MQTT-4.7.1-1]
TEST(Publish, WildcardsInTheTopicAreRefused) {
  for (const Version version : test::all_versions)
    for (const char* topic : {"#", "+", "a/#", "a/+/b", "a+b", "long/topic/with/one/at/the/en#"}) {
      Wire body = Wire().text(topic);
      if (version == Version::v5) body.properties({});
      EXPECT_TRUE(
          refused(decode_publish(body.packet(0x30), version).error(), topic_name_invalid, "has a wildcard"));
    }
}

// [MQTT-3.3.2-1] [MQTT-1.5.4-1] [MQTT-1.5.4-2]
TEST(Publish, TopicIsUtf8WithoutNul) {
  for (const std::string_view bad :
       {std::string_view("a\0", 2), std::string_view("\xC0\xAF"), std::string_view("\xED\xBF\xBF")})
    for (const Version version : test::all_versions) {
      Wire body = Wire().text(bad);
      if (version == Version::v5) body.properties({});
      EXPECT_TRUE(refused(decode_publish(body.packet(0x30), version).error(), malformed_packet,
                          "not well-formed UTF-8"));
    }
}

// [MQTT-4.7.3-1], and MQTT 5.0 §3.3.2.3.4
TEST(Publish, EmptyTopicNeedsAnAlias) {
  for (const Version version : test::v3_versions)
    EXPECT_TRUE(refused(decode_publish(Wire().text("").packet(0x30), version).error(), topic_name_invalid,
                        "is empty"));
  const Wire without = Wire().text("").byte(0).packet(0x30);
  EXPECT_TRUE(refused(decode_publish(without, Version::v5).error(), protocol_error, "no topic alias"));
  const Wire with = Wire().text("").properties(Wire({0x23}).two(7)).packet(0x30);
  const auto publish = decode_publish(with, Version::v5);
  ASSERT_TRUE(publish);
  EXPECT_EQ(publish->topic, "");
  EXPECT_EQ(publish->properties.topic_alias, 7);
}

TEST(Publish, AllPropertiesAreRead) {
  const Wire properties = Wire()
                              .byte(0x01)
                              .byte(1)
                              .byte(0x02)
                              .four(60)
                              .add(test::user_property("n", "1"))
                              .byte(0x23)
                              .two(3)
                              .byte(0x08)
                              .text("r/t")
                              .byte(0x09)
                              .text("corr")
                              .byte(0x0B)
                              .varint(1)
                              .add(test::user_property("n", "2"))
                              .byte(0x0B)
                              .varint(268'435'455)
                              .byte(0x03)
                              .text("type");
  const Wire packet = v5_body(properties).packet(0x30);
  const auto publish = decode_publish(packet, Version::v5, Sender::server);
  ASSERT_TRUE(publish) << to_string(publish.error());
  const PublishProperties& p = publish->properties;
  EXPECT_EQ(p.payload_format, PayloadFormat::text);
  EXPECT_EQ(p.message_expiry_s, 60u);
  EXPECT_EQ(p.topic_alias, 3);
  EXPECT_EQ(p.response_topic, "r/t");
  EXPECT_EQ(test::string_of(*p.correlation_data), "corr");
  EXPECT_EQ(p.content_type, "type");
  EXPECT_EQ(test::pairs_of(p.user),
            (std::vector<std::pair<std::string, std::string>>{{"n", "1"}, {"n", "2"}}));
  EXPECT_EQ(std::vector<std::uint32_t>(std::vector<std::uint32_t>{1, 268'435'455}), [&] {
    std::vector<std::uint32_t> ids;
    for (const std::uint32_t id : p.subscription_ids) ids.push_back(id);
    return ids;
  }());
  EXPECT_EQ(p.subscription_ids.size(), 2u);
}

// [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
TEST(Publish, ForwardedPropertiesKeepTheirBytesAndOrder) {
  const std::vector<Wire> kept{
      test::user_property("z", "1"), Wire({0x08}).text("r"), Wire({0x01, 0x00}),
      test::user_property("a", "2"), Wire({0x09}).text(""),  Wire({0x03}).text("ct")};
  const std::vector<Wire> held_back{Wire({0x02}).four(1), Wire({0x23}).two(9), Wire({0x0B}).varint(300)};
  // Where the ones to be held back stand: nowhere, in front, behind, in between.
  for (unsigned arrangement = 0; arrangement < 64; ++arrangement) {
    Wire all;
    Wire expected;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (arrangement & (1u << i) && i < held_back.size()) all.add(held_back[i]);
      all.add(kept[i]);
      expected.add(kept[i]);
      if (arrangement & (1u << i) && i >= held_back.size()) all.add(held_back[2]);
    }
    const Wire packet = v5_body(all).packet(0x30);
    const auto publish = decode_publish(packet, Version::v5, Sender::server);
    ASSERT_TRUE(publish) << to_string(publish.error());
    const ForwardedProperties& forwarded = publish->properties.forwarded;
    ASSERT_EQ(forwarded.encoded_bytes(), expected.size()) << arrangement;
    std::vector<std::uint8_t> copy(forwarded.encoded_bytes());
    EXPECT_EQ(forwarded.copy_to(copy.data()), copy.data() + copy.size());
    EXPECT_EQ(copy, expected.data()) << arrangement;
  }
}

// [MQTT-3.3.4-6]
TEST(Publish, SubscriptionIdFromAClientIsRefused) {
  EXPECT_TRUE(
      refused(publish_refusal(Wire({0x0B, 0x01})), protocol_error, "subscription identifier is not allowed"));
}

// [MQTT-3.3.2-8]
TEST(Publish, TopicAliasZeroIsRefused) {
  EXPECT_TRUE(refused(publish_refusal(Wire({0x23, 0, 0})), topic_alias_invalid, "topic alias is 0"));
}

TEST(Publish, ValuesOutOfRangeAreRefused) {
  EXPECT_TRUE(
      refused(publish_refusal(Wire({0x01, 2})), protocol_error, "payload format indicator has a value"));
  EXPECT_TRUE(refused(publish_refusal(Wire({0x0B, 0}), Sender::server), protocol_error,
                      "subscription identifier is 0"));
  EXPECT_TRUE(
      refused(publish_refusal(Wire({0x0B, 0x80, 0x00}), Sender::server), malformed_packet, "shortest form"));
  EXPECT_TRUE(refused(publish_refusal(Wire({0x0B, 0x80, 0x80, 0x80, 0x80, 0x01}), Sender::server),
                      malformed_packet, "four bytes"));
}

// [MQTT-3.3.2-13] [MQTT-3.3.2-14]
TEST(Publish, ResponseTopicIsATopicName) {
  EXPECT_TRUE(refused(publish_refusal(Wire({0x08}).text("a/#")), topic_name_invalid,
                      "response topic has a wildcard"));
  EXPECT_TRUE(refused(publish_refusal(Wire({0x08}).text("\xFF")), malformed_packet,
                      "response topic is not well-formed"));
  EXPECT_TRUE(refused(publish_refusal(Wire({0x08}).text("")), topic_name_invalid, "response topic is empty"));
}

// [MQTT-3.3.2-19] [MQTT-1.5.7-1]
TEST(Publish, TextPropertiesAreUtf8) {
  EXPECT_TRUE(refused(publish_refusal(Wire({0x03}).text("\xC0\x80")), malformed_packet,
                      "content type is not well-formed"));
  EXPECT_TRUE(
      refused(publish_refusal(test::user_property("\xFF", "")), malformed_packet, "user property name"));
  EXPECT_TRUE(
      refused(publish_refusal(test::user_property("", "\xFF")), malformed_packet, "user property value"));
}

TEST(Publish, PropertyLengthIsChecked) {
  const Wire beyond = Wire().text("t").byte(5).byte(0x01).byte(0).packet(0x30);
  EXPECT_TRUE(
      refused(decode_publish(beyond, Version::v5).error(), malformed_packet, "properties is cut short"));
  const Wire missing = Wire().text("t").packet(0x30);
  EXPECT_TRUE(refused(decode_publish(missing, Version::v5).error(), malformed_packet,
                      "property length is cut short"));
  const Wire long_form = Wire().text("t").byte(0x80).byte(0).packet(0x30);
  EXPECT_TRUE(refused(decode_publish(long_form, Version::v5).error(), malformed_packet, "shortest form"));
  // The value may not run into what follows the block.
  const Wire overrun = Wire().text("t").byte(3).byte(0x02).two(0).four(0).packet(0x30);
  EXPECT_TRUE(refused(decode_publish(overrun, Version::v5).error(), malformed_packet,
                      "message expiry interval is cut"));
}

Publish full_publish() {
  static const Wire user = test::user_property("n", "v");
  Publish packet;
  packet.dup = true;
  packet.qos = QoS::at_least_once;
  packet.retain = true;
  packet.topic = "a/b";
  packet.packet_id = PacketId{77};
  packet.payload = as_bytes("payload");
  packet.properties.payload_format = PayloadFormat::text;
  packet.properties.message_expiry_s = 0;
  packet.properties.content_type = "ct";
  packet.properties.response_topic = "rt";
  packet.properties.correlation_data = as_bytes("cd");
  packet.properties.topic_alias = 65'535;
  packet.properties.user = UserProperties(user);
  return packet;
}

TEST(Publish, WhatIsEncodedIsDecodedAgain) {
  const Publish packet = full_publish();
  for (const Version version : test::all_versions) {
    ByteBuffer buffer;
    ASSERT_EQ(encode_publish(buffer.writer(), packet, test::limits(version)), EncodeStatus::ok);
    const FrameResult found =
        find_frame(buffer.bytes(), rules_for(version, Sender::client, packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    ASSERT_EQ(found.size_bytes, buffer.bytes().size());
    const auto back = decode_publish(found.frame, version, Sender::client);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_TRUE(back->dup && back->retain);
    EXPECT_EQ(back->qos, QoS::at_least_once);
    EXPECT_EQ(back->topic, "a/b");
    EXPECT_EQ(back->packet_id, PacketId{77});
    EXPECT_EQ(test::string_of(back->payload), "payload");
    if (version != Version::v5) continue;
    EXPECT_EQ(back->properties.payload_format, PayloadFormat::text);
    EXPECT_EQ(back->properties.message_expiry_s, 0u);
    EXPECT_EQ(back->properties.content_type, "ct");
    EXPECT_EQ(back->properties.response_topic, "rt");
    EXPECT_EQ(test::string_of(*back->properties.correlation_data), "cd");
    EXPECT_EQ(back->properties.topic_alias, 65'535);
    EXPECT_EQ(test::pairs_of(back->properties.user).size(), 1u);
  }
}

TEST(PublishHead, BytesAreThoseOfTheStandard) {
  const PublishFields fields{.version = Version::v3_1_1,
                             .qos = QoS::at_least_once,
                             .topic = "a/b",
                             .packet_id = PacketId{10},
                             .payload_bytes = 2};
  ByteBuffer buffer;
  ASSERT_EQ(encode_publish(buffer.writer(), fields, as_bytes("hi")), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0x32, 9, 0, 3, 'a', '/', 'b', 0, 10, 'h', 'i'}).data());
}

TEST(PublishHead, AllFieldsComeBack) {
  const Wire forwarded = Wire({0x03}).text("ct").add(test::user_property("n", "v"));
  const std::array<std::uint32_t, 3> ids{1, 128, 268'435'455};
  const PublishFields fields{.version = Version::v5,
                             .qos = QoS::exactly_once,
                             .retain = true,
                             .dup = true,
                             .topic = "a/b",
                             .packet_id = PacketId{10},
                             .forwarded = forwarded,
                             .message_expiry_s = 100,
                             .topic_alias = 4,
                             .subscription_ids = ids,
                             .payload_bytes = 3};
  ByteBuffer buffer;
  ASSERT_EQ(encode_publish(buffer.writer(), fields, as_bytes("abc")), EncodeStatus::ok);
  const FrameResult found =
      find_frame(buffer.bytes(), rules_for(Version::v5, Sender::server, packet_bytes_limit));
  ASSERT_EQ(found.status, FrameStatus::ready);
  const auto back = decode_publish(found.frame, Version::v5, Sender::server);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_TRUE(back->dup && back->retain);
  EXPECT_EQ(back->qos, QoS::exactly_once);
  EXPECT_EQ(back->packet_id, PacketId{10});
  EXPECT_EQ(back->properties.message_expiry_s, 100u);
  EXPECT_EQ(back->properties.topic_alias, 4);
  EXPECT_EQ(back->properties.content_type, "ct");
  EXPECT_EQ(back->properties.subscription_ids.size(), 3u);
  EXPECT_EQ(test::string_of(back->payload), "abc");
  std::vector<std::uint8_t> copy(back->properties.forwarded.encoded_bytes());
  back->properties.forwarded.copy_to(copy.data());
  EXPECT_EQ(copy, forwarded.data());
}

TEST(PublishHead, PropertiesAreLeftOutBelowV5) {
  const Wire forwarded = Wire({0x03}).text("ct");
  const std::array<std::uint32_t, 1> ids{1};
  PublishFields fields{.version = Version::v3_1, .topic = "t", .forwarded = forwarded, .message_expiry_s = 1};
  fields.topic_alias = 1;
  fields.subscription_ids = ids;
  ByteBuffer buffer;
  ASSERT_EQ(encode_publish(buffer.writer(), fields, {}), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0x30, 3, 0, 1, 't'}).data());
  EXPECT_EQ(lay_out(fields).expiry_offset, 0u);
  EXPECT_EQ(lay_out(fields).alias_offset, 0u);
}

TEST(PublishHead, AliasStandsFirstWhenNothingExpires) {
  const PublishFields fields{.version = Version::v5, .topic_alias = 1};
  const PublishLayout layout = lay_out(fields);
  std::vector<std::uint8_t> packet(layout.packet_bytes);
  write_head(fields, layout, packet.data());
  patch_topic_alias(packet.data(), layout, 0x0203);
  EXPECT_EQ(packet, Wire({0x30, 6, 0, 0, 3, 0x23, 2, 3}).data());
  EXPECT_EQ(lay_out({.version = Version::v5, .topic = "t"}).alias_offset, 0u);
}

TEST(PublishHead, OffsetsPointAtWhatIsPatched) {
  for (const std::uint32_t payload_bytes : {0u, 200u, 20'000u, 3'000'000u})
    for (const std::size_t forwarded_count : {0u, 30u, 4'000u})
      for (const QoS qos : {QoS::at_most_once, QoS::at_least_once}) {
        Wire forwarded;
        for (std::size_t i = 0; i < forwarded_count; ++i) forwarded.add(test::user_property("n", "v"));
        const PublishFields fields{.version = Version::v5,
                                   .qos = qos,
                                   .topic = "topic",
                                   .forwarded = forwarded,
                                   .message_expiry_s = 1,
                                   .topic_alias = 1,
                                   .payload_bytes = payload_bytes};
        const PublishLayout layout = lay_out(fields);
        ASSERT_TRUE(layout.fits());
        std::vector<std::uint8_t> packet(layout.packet_bytes);
        write_head(fields, layout, packet.data());
        EXPECT_EQ(layout.packet_id_offset == 0, qos == QoS::at_most_once);
        if (qos != QoS::at_most_once) {
          patch_packet_id(packet.data(), layout, PacketId{4321});
          patch_dup(packet.data());
        }
        patch_expiry(packet.data(), layout, 87'654'321);
        patch_topic_alias(packet.data(), layout, 54'321);
        const FrameResult found =
            find_frame(packet, rules_for(Version::v5, Sender::server, packet_bytes_limit));
        ASSERT_EQ(found.status, FrameStatus::ready);
        ASSERT_EQ(found.size_bytes, packet.size());
        const auto back = decode_publish(found.frame, Version::v5, Sender::server);
        ASSERT_TRUE(back) << to_string(back.error());
        EXPECT_EQ(back->properties.message_expiry_s, 87'654'321u);
        EXPECT_EQ(back->properties.topic_alias, 54'321);
        EXPECT_EQ(number(back->packet_id), qos == QoS::at_most_once ? 0 : 4321);
        EXPECT_EQ(back->dup, qos != QoS::at_most_once);
        EXPECT_EQ(back->payload.size(), payload_bytes);
      }
}

// [MQTT-3.1.2-24]
TEST(PublishHead, PacketAboveTheReceiversMaximumIsNotWritten) {
  const PublishFields fields{.version = Version::v5, .topic = "t", .payload_bytes = 4};
  ByteBuffer buffer;
  EXPECT_EQ(encode_publish(buffer.writer(), fields, as_bytes("1234"), 9), EncodeStatus::too_large);
  EXPECT_TRUE(buffer.bytes().empty());
  EXPECT_EQ(encode_publish(buffer.writer(), fields, as_bytes("1234"), 10), EncodeStatus::ok);
}

TEST(PublishHead, WhatTheProtocolCannotSayDoesNotFit) {
  const std::string topic(65'536, 't');
  EXPECT_FALSE(lay_out({.topic = topic}).fits());
  EXPECT_TRUE(lay_out({.topic = std::string_view(topic).substr(1)}).fits());
  PublishFields fields{.version = Version::v3_1_1, .topic = "t", .payload_bytes = 268'435'452};
  EXPECT_TRUE(lay_out(fields).fits());
  EXPECT_EQ(lay_out(fields).packet_bytes, packet_bytes_limit);
  ++fields.payload_bytes;
  EXPECT_FALSE(lay_out(fields).fits());
}

TEST(PublishHead, MadeUpMessagesAreForwardedAlike) {
  const Wire user = test::user_property("n", "v");
  MessageProperties properties;
  properties.content_type = "text/plain";
  properties.message_expiry_s = 5;
  properties.user = UserProperties(user);
  ByteBuffer buffer;
  ASSERT_EQ(append_forwarded(buffer.writer(), properties), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0x03}).text("text/plain").add(user).data());
}

TEST(Writer, OwnerThatRefusesLeavesNothingBehind) {
  std::array<std::uint8_t, 8> room{};
  Writer writer(room);
  const PublishFields fields{.version = Version::v3_1_1, .topic = "topic", .payload_bytes = 0};
  EXPECT_EQ(encode_publish(writer, fields, {}), EncodeStatus::no_space);
  EXPECT_EQ(writer.used(), 0u);
  EXPECT_EQ(encode_pingresp(writer), EncodeStatus::ok);
  EXPECT_EQ(writer.used(), 2u);
}

TEST(Writer, GrowingKeepsWhatWasWritten) {
  ByteBuffer buffer;
  std::vector<std::uint8_t> expected;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(encode_pingreq(buffer.writer()), EncodeStatus::ok);
    expected.insert(expected.end(), {0xC0, 0x00});
  }
  EXPECT_EQ(test::copy_of(buffer.bytes()), expected);
}

}  // namespace
}  // namespace tenon::mqtt
