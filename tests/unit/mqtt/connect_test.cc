#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

constexpr unsigned connect_byte = 0x10;

Wire protocol(Version version) {
  return Wire().text(version == Version::v3_1 ? "MQIsdp" : "MQTT").byte(static_cast<unsigned>(version));
}

// Everything up to the client id.
Wire start(Version version, unsigned flags, const Wire& properties = {}) {
  Wire wire = protocol(version).byte(flags).two(60);
  return version == Version::v5 ? wire.properties(properties) : wire;
}

Decoded<Connect> decode(const Wire& body) {
  // Views of the packet point into it; it is kept for the rest of the test.
  static std::vector<std::unique_ptr<Wire>> kept;
  kept.push_back(std::make_unique<Wire>(body.packet(connect_byte)));
  return decode_connect(test::frame_of(*kept.back()));
}

DecodeError refusal(const Wire& body) {
  return decode(body).error();
}

TEST(Connect, SmallestPacketIsRead) {
  for (const Version version : test::all_versions) {
    const auto packet = decode(start(version, 0x02).text("c"));
    ASSERT_TRUE(packet) << to_string(packet.error());
    EXPECT_EQ(packet->version, version);
    EXPECT_TRUE(packet->clean_start);
    EXPECT_EQ(packet->keep_alive_s, 60);
    EXPECT_EQ(packet->client_id, "c");
    EXPECT_FALSE(packet->will);
    EXPECT_FALSE(packet->user_name);
    EXPECT_FALSE(packet->password);
  }
}

// [MQTT-3.1.3-1]
TEST(Connect, AllFieldsAreReadInTheirOrder) {
  for (const Version version : test::all_versions) {
    Wire body = start(version, 0xEC).text("client");
    if (version == Version::v5) body.properties({});
    const auto packet = decode(body.text("will/topic").text("bye").text("user").text("secret"));
    ASSERT_TRUE(packet) << to_string(packet.error());
    EXPECT_FALSE(packet->clean_start);
    ASSERT_TRUE(packet->will);
    EXPECT_EQ(packet->will->topic, "will/topic");
    EXPECT_EQ(test::string_of(packet->will->payload), "bye");
    EXPECT_EQ(packet->will->qos, QoS::at_least_once);
    EXPECT_TRUE(packet->will->retain);
    EXPECT_EQ(*packet->user_name, "user");
    EXPECT_EQ(test::string_of(*packet->password), "secret");
  }
}

TEST(Connect, AllPropertiesAreRead) {
  const Wire properties = Wire()
                              .byte(0x11)
                              .four(3600)
                              .byte(0x21)
                              .two(10)
                              .byte(0x27)
                              .four(1000)
                              .byte(0x22)
                              .two(5)
                              .byte(0x19)
                              .byte(1)
                              .byte(0x17)
                              .byte(0)
                              .byte(0x15)
                              .text("SCRAM")
                              .add(test::user_property("a", "1"))
                              .byte(0x16)
                              .text("data")
                              .add(test::user_property("a", "2"));
  const Wire will_properties = Wire()
                                   .byte(0x18)
                                   .four(7)
                                   .byte(0x01)
                                   .byte(1)
                                   .byte(0x02)
                                   .four(9)
                                   .byte(0x03)
                                   .text("text/plain")
                                   .byte(0x08)
                                   .text("answer/here")
                                   .byte(0x09)
                                   .text("corr")
                                   .add(test::user_property("w", "x"));
  Wire body = start(Version::v5, 0x06, properties).text("c");
  const auto packet = decode(body.properties(will_properties).text("will").text(""));
  ASSERT_TRUE(packet) << to_string(packet.error());
  const ConnectProperties& p = packet->properties;
  EXPECT_EQ(p.session_expiry_s, 3600u);
  EXPECT_EQ(p.receive_maximum, 10);
  EXPECT_EQ(p.packet_bytes_max, 1000u);
  EXPECT_EQ(p.topic_alias_maximum, 5);
  EXPECT_EQ(p.request_response_information, true);
  EXPECT_EQ(p.request_problem_information, false);
  EXPECT_EQ(p.authentication_method, "SCRAM");
  EXPECT_EQ(test::string_of(*p.authentication_data), "data");
  EXPECT_EQ(test::pairs_of(p.user),
            (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"a", "2"}}));
  const WillProperties& w = packet->will->properties;
  EXPECT_EQ(w.will_delay_s, 7u);
  EXPECT_EQ(w.payload_format, PayloadFormat::text);
  EXPECT_EQ(w.message_expiry_s, 9u);
  EXPECT_EQ(w.content_type, "text/plain");
  EXPECT_EQ(w.response_topic, "answer/here");
  EXPECT_EQ(test::string_of(*w.correlation_data), "corr");
  EXPECT_EQ(test::pairs_of(w.user).size(), 1u);
  EXPECT_EQ(w.forwarded.encoded_bytes(), will_properties.size() - 10) << "all but delay and expiry";
}

// [MQTT-3.1.2-1] [MQTT-3.1.2-2]
TEST(Connect, UnknownProtocolNamesAndVersionsAreUnsupported) {
  const struct {
    const char* name;
    unsigned level;
  } cases[] = {{"MQTT", 3}, {"MQTT", 6}, {"MQTT", 0},  {"MQIsdp", 4},
               {"mqtt", 4}, {"", 4},     {"MQTTX", 5}, {"MQTT", 0x84}};
  for (const auto& c : cases) {
    const Wire body = Wire().text(c.name).byte(c.level).byte(2).two(0).text("c");
    EXPECT_TRUE(refused(refusal(body), unsupported_protocol_version, "is not one of")) << c.name << c.level;
    EXPECT_FALSE(peek_version(test::frame_of(body.packet(connect_byte))));
  }
}

TEST(Connect, VersionOfARefusedPacketCanBePeekedAt) {
  for (const Version version : test::all_versions) {
    const Wire packet = start(version, 0xFF).packet(connect_byte);
    EXPECT_EQ(peek_version(test::frame_of(packet)), version);
  }
  const Wire nothing = Wire().packet(connect_byte);
  EXPECT_FALSE(peek_version(test::frame_of(nothing)));
}

// [MQTT-3.1.2-3]
TEST(Connect, ReservedFlagIsRefused) {
  for (const Version version : {Version::v3_1_1, Version::v5})
    EXPECT_TRUE(refused(refusal(start(version, 0x03).text("c")), malformed_packet, "reserved bit"));
  EXPECT_TRUE(decode(start(Version::v3_1, 0x03).text("c")));
}

// [MQTT-3.1.2-12] (3.1.1: [MQTT-3.1.2-14])
TEST(Connect, WillQos3IsRefused) {
  for (const Version version : test::all_versions) {
    Wire body = start(version, 0x1E).text("c");
    if (version == Version::v5) body.properties({});
    EXPECT_TRUE(refused(refusal(body.text("w").text("")), malformed_packet, "will QoS 3"));
  }
}

// [MQTT-3.1.2-11] [MQTT-3.1.2-13] (3.1.1: [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15])
TEST(Connect, WillQosOrRetainWithoutWillIsRefused) {
  for (const Version version : {Version::v3_1_1, Version::v5})
    for (const unsigned flags : {0x0Au, 0x12u, 0x1Au, 0x22u})
      EXPECT_TRUE(refused(refusal(start(version, flags).text("c")), malformed_packet, "without a will"))
          << flags;
}

// [MQTT-3.1.2-22] of 3.1.1
TEST(Connect, PasswordWithoutUserNameIsRefusedInV3Only) {
  for (const Version version : test::v3_versions)
    EXPECT_TRUE(refused(refusal(start(version, 0x42).text("c").text("pw")), malformed_packet, "password"));
  const auto packet = decode(start(Version::v5, 0x42).text("c").text("pw"));
  ASSERT_TRUE(packet);
  EXPECT_EQ(test::string_of(*packet->password), "pw");
  EXPECT_FALSE(packet->user_name);
}

// [MQTT-3.1.2-17] [MQTT-3.1.2-19] (3.1.1: [MQTT-3.1.2-19] [MQTT-3.1.2-21])
TEST(Connect, MissingUserNameOrPasswordIsRefused) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    EXPECT_TRUE(refused(refusal(start(version, 0x82).text("c")), malformed_packet, "user name is cut short"));
    EXPECT_TRUE(
        refused(refusal(start(version, 0xC2).text("c").text("u")), malformed_packet, "password is cut"));
  }
}

TEST(Connect, InV31AMissingUserNameOrPasswordIsToldByTheLength) {
  const auto no_name = decode(start(Version::v3_1, 0xC2).text("c"));
  ASSERT_TRUE(no_name);
  EXPECT_FALSE(no_name->user_name);
  EXPECT_FALSE(no_name->password);
  const auto no_password = decode(start(Version::v3_1, 0xC2).text("c").text("u"));
  ASSERT_TRUE(no_password);
  EXPECT_EQ(*no_password->user_name, "u");
  EXPECT_FALSE(no_password->password);
}

// [MQTT-3.1.2-16] [MQTT-3.1.2-18] (3.1.1: [MQTT-3.1.2-18] [MQTT-3.1.2-20])
TEST(Connect, BytesBehindTheLastFieldAreRefused) {
  for (const Version version : test::all_versions) {
    EXPECT_TRUE(
        refused(refusal(start(version, 0x02).text("c").byte(0)), malformed_packet, "behind its last"));
    EXPECT_TRUE(
        refused(refusal(start(version, 0x02).text("c").text("user")), malformed_packet, "behind its last"));
  }
}

// [MQTT-3.1.2-9]
TEST(Connect, MissingWillFieldsAreRefused) {
  for (const Version version : test::all_versions) {
    Wire body = start(version, 0x06).text("c");
    if (version == Version::v5) body.properties({});
    EXPECT_TRUE(refused(refusal(body), malformed_packet, "will topic is cut short"));
    EXPECT_TRUE(refused(refusal(body.text("w")), malformed_packet, "will payload is cut short"));
  }
}

// [MQTT-4.7.1-1] [MQTT-4.7.3-1]
TEST(Connect, WillTopicIsATopicName) {
  for (const Version version : test::all_versions) {
    Wire body = start(version, 0x06).text("c");
    if (version == Version::v5) body.properties({});
    EXPECT_TRUE(
        refused(refusal(Wire(body).text("w/#").text("")), topic_name_invalid, "will topic has a wildcard"));
    EXPECT_TRUE(
        refused(refusal(Wire(body).text("+").text("")), topic_name_invalid, "will topic has a wildcard"));
    EXPECT_TRUE(refused(refusal(Wire(body).text("").text("")), topic_name_invalid, "will topic is empty"));
  }
}

// [MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] [MQTT-1.5.4-1] [MQTT-1.5.4-2]
TEST(Connect, TextsAreUtf8WithoutNul) {
  for (const std::string_view bad : {std::string_view("\xC0\x80"), std::string_view("a\0b", 3),
                                     std::string_view("\xED\xA0\x80"), std::string_view("\xFF")})
    for (const Version version : test::all_versions) {
      EXPECT_TRUE(
          refused(refusal(start(version, 2).text(bad)), malformed_packet, "client identifier is not well"));
      EXPECT_TRUE(
          refused(refusal(start(version, 0x82).text("c").text(bad)), malformed_packet, "user name is not"));
      Wire will = start(version, 0x06).text("c");
      if (version == Version::v5) will.properties({});
      EXPECT_TRUE(
          refused(refusal(will.text(bad).text("")), malformed_packet, "will topic is not well-formed"));
    }
}

TEST(Connect, PasswordAndWillPayloadAreAnyBytes) {
  Wire body = start(Version::v5, 0x46).text("c");
  const auto packet =
      decode(body.properties({}).text("w").text("\xFF\xFE").text(std::string_view("\0\xFF", 2)));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->password->size(), 2u);
}

// [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.1.3-8] of 3.1.1
TEST(Connect, EmptyClientIdNeedsACleanSessionBelowV5) {
  EXPECT_TRUE(decode(start(Version::v5, 0x00).text("")));
  EXPECT_TRUE(decode(start(Version::v3_1_1, 0x02).text("")));
  EXPECT_TRUE(
      refused(refusal(start(Version::v3_1_1, 0x00).text("")), client_identifier_not_valid, "clean session"));
  EXPECT_TRUE(refused(refusal(start(Version::v3_1, 0x02).text("")), client_identifier_not_valid, "is empty"));
}

// [MQTT-3.1.3-5] is the least a server accepts.
TEST(Connect, LongClientIdsAreAccepted) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(decode(start(version, 0x02).text(std::string(65'535, 'c'))));
}

TEST(Connect, AuthenticationDataNeedsAMethod) {
  const Wire body = start(Version::v5, 2, Wire({0x16}).text("data")).text("c");
  EXPECT_TRUE(refused(refusal(body), protocol_error, "authentication data comes without a method"));
}

// [MQTT-1.5.5-1]: the version is known only after the fixed header was read.
TEST(Connect, LengthNotInItsShortestFormIsRefusedInV5Only) {
  for (const Version version : test::all_versions) {
    const Wire body = start(version, 0x02).text("c");
    Wire packet({0x10, static_cast<int>(body.size() | 0x80), 0x00});
    packet.add(body);
    const auto result = decode_connect(test::frame_of(packet));
    if (version == Version::v5) {
      EXPECT_TRUE(refused(result.error(), malformed_packet, "shortest form"));
    } else {
      EXPECT_TRUE(result);
    }
  }
}

TEST(Connect, EveryTruncationIsRefused) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Wire body = start(version, 0xC6, Wire({0x11}).four(1).add(test::user_property("n", "v"))).text("c");
    if (version == Version::v5) body.properties(Wire({0x18}).four(1));
    body.text("w").text("p").text("u").text("p");
    ASSERT_TRUE(decode(body));
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
      const Frame frame{
          .type = PacketType::connect, .flags = 0, .header_bytes = 2, .body = Bytes(body).first(cut)};
      EXPECT_FALSE(decode_connect(frame)) << cut;
    }
  }
}

Connect full_connect(Version version) {
  static const Wire user = test::user_property("n", "v").add(test::user_property("n", "w"));
  Connect packet;
  packet.version = version;
  packet.clean_start = false;
  packet.keep_alive_s = 300;
  packet.client_id = "client";
  packet.user_name = "user";
  packet.password = as_bytes("secret");
  packet.properties = {.session_expiry_s = 1,
                       .receive_maximum = 2,
                       .packet_bytes_max = 3,
                       .topic_alias_maximum = 0,
                       .request_response_information = false,
                       .request_problem_information = true,
                       .authentication_method = "m",
                       .authentication_data = as_bytes("d"),
                       .user = UserProperties(user)};
  Will& will = packet.will.emplace();
  will.qos = QoS::exactly_once;
  will.retain = true;
  will.topic = "will";
  will.payload = as_bytes("gone");
  will.properties.will_delay_s = 5;
  will.properties.message_expiry_s = 6;
  will.properties.payload_format = PayloadFormat::bytes;
  will.properties.content_type = "";
  will.properties.response_topic = "r";
  will.properties.correlation_data = Bytes{};
  will.properties.user = UserProperties(user);
  return packet;
}

TEST(Connect, WhatIsEncodedIsDecodedAgain) {
  for (const Version version : test::all_versions) {
    const Connect packet = full_connect(version);
    ByteBuffer buffer;
    ASSERT_EQ(encode_connect(buffer.writer(), packet, test::limits(version)), EncodeStatus::ok);
    const FrameResult found = find_frame(buffer.bytes(), rules_before_connect(packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    ASSERT_EQ(found.size_bytes, buffer.bytes().size());
    const auto back = decode_connect(found.frame);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->version, version);
    EXPECT_EQ(back->clean_start, false);
    EXPECT_EQ(back->keep_alive_s, 300);
    EXPECT_EQ(back->client_id, "client");
    EXPECT_EQ(back->user_name, "user");
    EXPECT_EQ(test::string_of(*back->password), "secret");
    EXPECT_EQ(back->will->qos, QoS::exactly_once);
    EXPECT_EQ(back->will->retain, true);
    EXPECT_EQ(back->will->topic, "will");
    EXPECT_EQ(test::string_of(back->will->payload), "gone");
    if (version != Version::v5) continue;
    EXPECT_EQ(back->properties.session_expiry_s, 1u);
    EXPECT_EQ(back->properties.receive_maximum, 2);
    EXPECT_EQ(back->properties.packet_bytes_max, 3u);
    EXPECT_EQ(back->properties.topic_alias_maximum, 0);
    EXPECT_EQ(back->properties.request_response_information, false);
    EXPECT_EQ(back->properties.request_problem_information, true);
    EXPECT_EQ(back->properties.authentication_method, "m");
    EXPECT_EQ(test::pairs_of(back->properties.user).size(), 2u);
    EXPECT_EQ(back->will->properties.will_delay_s, 5u);
    EXPECT_EQ(back->will->properties.content_type, "");
    EXPECT_EQ(back->will->properties.correlation_data->size(), 0u);
  }
}

TEST(Connect, BytesAreThoseOfTheStandard) {
  Connect packet;
  packet.version = Version::v3_1_1;
  packet.client_id = "c";
  packet.keep_alive_s = 10;
  ByteBuffer buffer;
  ASSERT_EQ(encode_connect(buffer.writer(), packet, test::limits(Version::v3_1_1)), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()),
            Wire({0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 10, 0, 1, 'c'}).data());
}

TEST(Connect, WhatV3CannotSayIsNotEncoded) {
  Connect packet = full_connect(Version::v3_1_1);
  packet.user_name.reset();
  ByteBuffer buffer;
  EXPECT_EQ(encode_connect(buffer.writer(), packet, test::limits(Version::v3_1_1)),
            EncodeStatus::unrepresentable);
  packet = full_connect(Version::v5);
  const std::string too_long(65'536, 'x');
  packet.client_id = too_long;
  EXPECT_EQ(encode_connect(buffer.writer(), packet, test::limits(Version::v5)),
            EncodeStatus::unrepresentable);
  EXPECT_TRUE(buffer.bytes().empty());
}

Decoded<Connack> decode_ack_of(const Wire& packet, Version version) {
  return decode_connack(test::frame_of(packet), version);
}

TEST(Connack, V3FormIsRead) {
  for (const Version version : test::v3_versions) {
    const Wire accepted({0x20, 2, 0, 0});
    ASSERT_TRUE(decode_ack_of(accepted, version));
    const Wire refused_login({0x20, 2, 0, 4});
    EXPECT_EQ(decode_ack_of(refused_login, version)->reason, bad_user_name_or_password);
  }
  const Wire resumed({0x20, 2, 1, 0});
  EXPECT_TRUE(decode_ack_of(resumed, Version::v3_1_1)->session_present);
  EXPECT_FALSE(decode_ack_of(resumed, Version::v3_1)->session_present) << "3.1 has a reserved byte there";
}

TEST(Connack, ReservedV3CodesAreRefused) {
  for (int code = 6; code < 256; ++code) {
    const Wire packet({0x20, 2, 0, code});
    EXPECT_TRUE(refused(decode_ack_of(packet, Version::v3_1_1).error(), malformed_packet, "return code"));
  }
}

// [MQTT-3.2.2-1]
TEST(Connack, ReservedFlagsAreRefused) {
  for (int bit = 1; bit < 8; ++bit) {
    const Wire v3({0x20, 2, 1 << bit, 0});
    const Wire v5({0x20, 3, 1 << bit, 0, 0});
    EXPECT_TRUE(refused(decode_ack_of(v3, Version::v3_1_1).error(), malformed_packet, "reserved bits"));
    EXPECT_TRUE(refused(decode_ack_of(v5, Version::v5).error(), malformed_packet, "reserved bits"));
  }
}

// [MQTT-3.2.2-6] (3.1.1: [MQTT-3.2.2-4])
TEST(Connack, RefusalWithSessionPresentIsRefused) {
  const Wire v3({0x20, 2, 1, 5});
  const Wire v5({0x20, 3, 1, 0x87, 0});
  EXPECT_TRUE(refused(decode_ack_of(v3, Version::v3_1_1).error(), protocol_error, "session present"));
  EXPECT_TRUE(refused(decode_ack_of(v5, Version::v5).error(), protocol_error, "session present"));
}

// [MQTT-3.2.2-8]
TEST(Connack, UnlistedV5CodesAreRefused) {
  for (int code = 0; code < 256; ++code) {
    const Wire packet({0x20, 3, 0, code, 0});
    EXPECT_EQ(decode_ack_of(packet, Version::v5).ok(),
              is_listed(static_cast<ReasonCode>(code), PacketType::connack, Sender::server))
        << code;
  }
}

ConnackProperties full_connack_properties() {
  static const Wire user = test::user_property("n", "v");
  ConnackProperties p;
  p.session_expiry_s = 1;
  p.receive_maximum = 2;
  p.maximum_qos = QoS::at_least_once;
  p.retain_available = false;
  p.packet_bytes_max = 3;
  p.assigned_client_id = "id";
  p.topic_alias_maximum = 4;
  p.reason_string = "why";
  p.user = UserProperties(user);
  p.wildcard_subscription_available = true;
  p.subscription_ids_available = false;
  p.shared_subscription_available = true;
  p.server_keep_alive_s = 5;
  p.response_information = "ri";
  p.server_reference = "sr";
  p.authentication_method = "m";
  p.authentication_data = as_bytes("d");
  return p;
}

TEST(Connack, WhatIsEncodedIsDecodedAgainInV5) {
  const Connack packet{.session_present = true, .reason = success, .properties = full_connack_properties()};
  ByteBuffer buffer;
  ASSERT_EQ(encode_connack(buffer.writer(), packet, test::limits(Version::v5)), EncodeStatus::ok);
  const FrameResult found = find_frame(buffer.bytes(), rules_before_connack(Version::v5, packet_bytes_limit));
  ASSERT_EQ(found.status, FrameStatus::ready);
  const auto back = decode_connack(found.frame, Version::v5);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_TRUE(back->session_present);
  const ConnackProperties& p = back->properties;
  EXPECT_EQ(p.session_expiry_s, 1u);
  EXPECT_EQ(p.receive_maximum, 2);
  EXPECT_EQ(p.maximum_qos, QoS::at_least_once);
  EXPECT_EQ(p.retain_available, false);
  EXPECT_EQ(p.packet_bytes_max, 3u);
  EXPECT_EQ(p.assigned_client_id, "id");
  EXPECT_EQ(p.topic_alias_maximum, 4);
  EXPECT_EQ(p.reason_string, "why");
  EXPECT_EQ(test::pairs_of(p.user).size(), 1u);
  EXPECT_EQ(p.wildcard_subscription_available, true);
  EXPECT_EQ(p.subscription_ids_available, false);
  EXPECT_EQ(p.shared_subscription_available, true);
  EXPECT_EQ(p.server_keep_alive_s, 5);
  EXPECT_EQ(p.response_information, "ri");
  EXPECT_EQ(p.server_reference, "sr");
  EXPECT_EQ(p.authentication_method, "m");
  EXPECT_EQ(test::string_of(*p.authentication_data), "d");
}

TEST(Connack, EveryV3CodeComesBack) {
  for (const Version version : test::v3_versions)
    for (std::uint8_t code = 0; code <= 5; ++code) {
      const Connack packet{.session_present = code == 0, .reason = *from_v3_connack(code), .properties = {}};
      ByteBuffer buffer;
      ASSERT_EQ(encode_connack(buffer.writer(), packet, test::limits(version)), EncodeStatus::ok);
      const bool resumed = code == 0 && version == Version::v3_1_1;
      EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0x20, 2, resumed ? 1 : 0, code}).data());
    }
}

// [MQTT-3.2.2-6] of 3.1.1: nothing fits, so there is no CONNACK.
TEST(Connack, ReasonsWithoutAV3CodeAreNotEncoded) {
  ByteBuffer buffer;
  const Connack packet{.session_present = false, .reason = packet_too_large, .properties = {}};
  EXPECT_EQ(encode_connack(buffer.writer(), packet, test::limits(Version::v3_1_1)),
            EncodeStatus::unrepresentable);
  EXPECT_TRUE(buffer.bytes().empty());
}

// [MQTT-3.2.2-19] [MQTT-3.2.2-20]
TEST(Connack, ReasonStringAndUserPropertiesAreLeftOutWhenTooLarge) {
  const Wire user = test::user_property("name", "value");
  Connack packet{.session_present = false, .reason = not_authorized, .properties = {}};
  packet.properties.reason_string = "because";
  packet.properties.user = UserProperties(user);
  const std::vector<std::uint8_t> bare = Wire({0x20, 3, 0, 0x87, 0}).data();
  const std::vector<std::uint8_t> with_reason = Wire({0x20, 13, 0, 0x87, 10, 0x1F}).text("because").data();
  const auto encoded = [&](std::uint32_t packet_bytes_max) {
    ByteBuffer buffer;
    EncodeLimits limits = test::limits(Version::v5);
    limits.packet_bytes_max = packet_bytes_max;
    EXPECT_EQ(encode_connack(buffer.writer(), packet, limits), EncodeStatus::ok);
    return test::copy_of(buffer.bytes());
  };
  EXPECT_EQ(encoded(100).size(), with_reason.size() + user.size());
  EXPECT_EQ(encoded(static_cast<std::uint32_t>(with_reason.size() + user.size() - 1)), with_reason);
  EXPECT_EQ(encoded(static_cast<std::uint32_t>(with_reason.size())), with_reason);
  EXPECT_EQ(encoded(static_cast<std::uint32_t>(with_reason.size() - 1)), bare);
  EXPECT_EQ(encoded(5), bare);
  ByteBuffer buffer;
  EXPECT_EQ(encode_connack(buffer.writer(), packet, {.version = Version::v5, .packet_bytes_max = 4}),
            EncodeStatus::too_large);
  EXPECT_TRUE(buffer.bytes().empty());
}

}  // namespace
}  // namespace tenon::mqtt
