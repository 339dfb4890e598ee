#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

Decoded<Disconnect> disconnect(const Wire& packet, Version version, Sender sender = Sender::client) {
  return decode_disconnect(test::frame_of(packet), version, sender);
}

TEST(Disconnect, EmptyFormMeansSuccess) {
  for (const Version version : test::all_versions) {
    const auto packet = disconnect(Wire({0xE0, 0}), version);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->reason, success);
  }
}

// MQTT 5.0 §3.14.2.1: the properties may be left out behind the reason code.
TEST(Disconnect, ReasonMayStandAlone) {
  const Wire packet({0xE0, 1, 0x04});
  EXPECT_EQ(disconnect(packet, Version::v5)->reason, disconnect_with_will);
}

TEST(Disconnect, PropertiesAreRead) {
  const Wire properties = Wire({0x11}).four(9).byte(0x1F).text("bye").add(test::user_property("n", "v"));
  const Wire packet = Wire({0x00}).properties(properties).packet(0xE0);
  const auto result = disconnect(packet, Version::v5);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->properties.session_expiry_s, 9u);
  EXPECT_EQ(result->properties.reason_string, "bye");
  EXPECT_EQ(test::pairs_of(result->properties.user).size(), 1u);
}

// [MQTT-3.14.2-1]
TEST(Disconnect, UnlistedReasonCodesAreRefused) {
  for (const Sender sender : {Sender::client, Sender::server})
    for (int code = 0; code < 256; ++code) {
      const Wire packet({0xE0, 1, code});
      EXPECT_EQ(disconnect(packet, Version::v5, sender).ok(),
                is_listed(static_cast<ReasonCode>(code), PacketType::disconnect, sender))
          << code;
    }
}

// [MQTT-3.14.2-2]
TEST(Disconnect, SessionExpiryFromAServerIsRefused) {
  const Wire packet = Wire({0x00}).properties(Wire({0x11}).four(9)).packet(0xE0);
  EXPECT_TRUE(
      refused(disconnect(packet, Version::v5, Sender::server).error(), protocol_error, "session expiry"));
}

TEST(Disconnect, ServerReferenceIsForServersOnly) {
  const Wire packet = Wire({0x00}).properties(Wire({0x1C}).text("other")).packet(0xE0);
  EXPECT_TRUE(refused(disconnect(packet, Version::v5).error(), protocol_error, "server reference"));
  EXPECT_EQ(disconnect(packet, Version::v5, Sender::server)->properties.server_reference, "other");
}

// [MQTT-3.14.1-1]
TEST(Disconnect, BytesBehindTheEndAreRefused) {
  EXPECT_TRUE(refused(disconnect(Wire({0xE0, 1, 0}), Version::v3_1_1).error(), malformed_packet, "behind"));
  EXPECT_TRUE(refused(disconnect(Wire({0xE0, 3, 0, 0, 0}), Version::v5).error(), malformed_packet, "behind"));
}

TEST(Disconnect, WhatIsEncodedIsDecodedAgain) {
  const Wire user = test::user_property("n", "v");
  for (const Version version : test::all_versions)
    for (const Sender sender : {Sender::client, Sender::server})
      for (const ReasonCode reason : {success, protocol_error}) {
        Disconnect packet{.reason = reason, .properties = {}};
        packet.properties.reason_string = "r";
        packet.properties.user = UserProperties(user);
        if (sender == Sender::client) packet.properties.session_expiry_s = 1;
        if (sender == Sender::server) packet.properties.server_reference = "s";
        ByteBuffer buffer;
        ASSERT_EQ(encode_disconnect(buffer.writer(), packet, test::limits(version)), EncodeStatus::ok);
        if (version != Version::v5) {
          EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0xE0, 0}).data());
          continue;
        }
        const auto found = find_frame(buffer.bytes(), rules_for(version, sender, packet_bytes_limit));
        ASSERT_EQ(found.status, FrameStatus::ready);
        const auto back = decode_disconnect(found.frame, version, sender);
        ASSERT_TRUE(back) << to_string(back.error());
        EXPECT_EQ(back->reason, reason);
        EXPECT_EQ(back->properties.reason_string, "r");
        EXPECT_EQ(back->properties.session_expiry_s, packet.properties.session_expiry_s);
        EXPECT_EQ(back->properties.server_reference, packet.properties.server_reference);
        EXPECT_EQ(test::pairs_of(back->properties.user).size(), 1u);
      }
}

TEST(Disconnect, ShortestFormIsWritten) {
  ByteBuffer buffer;
  ASSERT_EQ(encode_disconnect(buffer.writer(), {}, test::limits(Version::v5)), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0xE0, 0}).data());
  buffer.clear();
  const Disconnect taken_over{.reason = session_taken_over, .properties = {}};
  ASSERT_EQ(encode_disconnect(buffer.writer(), taken_over, test::limits(Version::v5)), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0xE0, 1, 0x8E}).data());
}

// [MQTT-3.14.2-3] [MQTT-3.14.2-4]; [MQTT-3.1.2-29] lets DISCONNECT tell its reason always.
TEST(Disconnect, ReasonStringAndUserPropertiesAreLeftOutWhenTooLarge) {
  const Wire user = test::user_property("n", "v");
  Disconnect packet{.reason = protocol_error, .properties = {}};
  packet.properties.reason_string = "why";
  packet.properties.user = UserProperties(user);
  EncodeLimits limits{.version = Version::v5, .problem_information = ProblemInformation::omit};
  const auto size_within = [&](std::uint32_t packet_bytes_max) {
    ByteBuffer buffer;
    limits.packet_bytes_max = packet_bytes_max;
    EXPECT_EQ(encode_disconnect(buffer.writer(), packet, limits), EncodeStatus::ok);
    return buffer.bytes().size();
  };
  EXPECT_EQ(size_within(100), 10u + user.size());
  EXPECT_EQ(size_within(16), 10u);
  EXPECT_EQ(size_within(9), 3u);
}

Decoded<Auth> auth(const Wire& packet, Sender sender = Sender::client) {
  return decode_auth(test::frame_of(packet), sender);
}

Wire auth_packet(unsigned code, const Wire& properties) {
  return Wire().byte(code).properties(properties).packet(0xF0);
}

TEST(Auth, FieldsAreRead) {
  const Wire packet = auth_packet(0x18, Wire({0x15}).text("m").byte(0x16).text("d").byte(0x1F).text("r"));
  const auto result = auth(packet);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->reason, continue_authentication);
  EXPECT_EQ(result->properties.authentication_method, "m");
  EXPECT_EQ(test::string_of(*result->properties.authentication_data), "d");
  EXPECT_EQ(result->properties.reason_string, "r");
}

// [MQTT-3.15.2-1] [MQTT-4.12.0-2] [MQTT-4.12.0-3]
TEST(Auth, UnlistedReasonCodesAreRefused) {
  for (const Sender sender : {Sender::client, Sender::server})
    for (unsigned code = 0; code < 256; ++code) {
      const Wire packet = auth_packet(code, Wire({0x15}).text("m"));
      EXPECT_EQ(auth(packet, sender).ok(), is_listed(static_cast<ReasonCode>(code), PacketType::auth, sender))
          << code;
    }
}

// MQTT 5.0 §3.15.2.2.2
TEST(Auth, PacketWithoutMethodIsRefused) {
  EXPECT_TRUE(
      refused(auth(auth_packet(0x18, {})).error(), protocol_error, "authentication method is missing"));
}

// MQTT 5.0 §3.15.2.1: success without properties, which only a server sends.
TEST(Auth, EmptyFormMeansSuccessFromAServer) {
  const Wire packet({0xF0, 0});
  EXPECT_EQ(auth(packet, Sender::server)->reason, success);
  EXPECT_TRUE(refused(auth(packet).error(), malformed_packet, "reason code"));
}

TEST(Auth, TruncationsAndBytesBehindTheEndAreRefused) {
  EXPECT_TRUE(refused(auth(Wire({0xF0, 1, 0x18})).error(), malformed_packet, "property length is cut short"));
  const Wire behind = Wire({0x18}).properties(Wire({0x15}).text("m")).byte(0).packet(0xF0);
  EXPECT_TRUE(refused(auth(behind).error(), malformed_packet, "behind its last field"));
}

TEST(Auth, WhatIsEncodedIsDecodedAgain) {
  const Wire user = test::user_property("n", "v");
  Auth packet{.reason = re_authenticate, .properties = {}};
  packet.properties.authentication_method = "m";
  packet.properties.authentication_data = as_bytes("d");
  packet.properties.reason_string = "r";
  packet.properties.user = UserProperties(user);
  ByteBuffer buffer;
  ASSERT_EQ(encode_auth(buffer.writer(), packet, test::limits(Version::v5)), EncodeStatus::ok);
  const auto found = find_frame(buffer.bytes(), rules_for(Version::v5, Sender::client, packet_bytes_limit));
  ASSERT_EQ(found.status, FrameStatus::ready);
  const auto back = decode_auth(found.frame, Sender::client);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->reason, re_authenticate);
  EXPECT_EQ(back->properties.authentication_method, "m");
  EXPECT_EQ(test::string_of(*back->properties.authentication_data), "d");
  EXPECT_EQ(back->properties.reason_string, "r");
  EXPECT_EQ(test::pairs_of(back->properties.user).size(), 1u);
}

TEST(Auth, V3HasNone) {
  ByteBuffer buffer;
  for (const Version version : test::v3_versions)
    EXPECT_EQ(encode_auth(buffer.writer(), {}, test::limits(version)), EncodeStatus::unrepresentable);
}

// [MQTT-3.15.2-2] [MQTT-3.15.2-3]
TEST(Auth, ReasonStringAndUserPropertiesAreLeftOutWhenTooLarge) {
  const Wire user = test::user_property("n", "v");
  Auth packet{.reason = continue_authentication, .properties = {}};
  packet.properties.authentication_method = "m";
  packet.properties.reason_string = "why";
  packet.properties.user = UserProperties(user);
  const auto size_within = [&](std::uint32_t packet_bytes_max) {
    ByteBuffer buffer;
    EncodeLimits limits = test::limits(Version::v5);
    limits.packet_bytes_max = packet_bytes_max;
    EXPECT_EQ(encode_auth(buffer.writer(), packet, limits), EncodeStatus::ok);
    return buffer.bytes().size();
  };
  EXPECT_EQ(size_within(100), 14u + user.size());
  EXPECT_EQ(size_within(20), 14u);
  EXPECT_EQ(size_within(13), 8u);
}

TEST(Ping, BothAreTwoBytes) {
  ByteBuffer buffer;
  ASSERT_EQ(encode_pingreq(buffer.writer()), EncodeStatus::ok);
  ASSERT_EQ(encode_pingresp(buffer.writer()), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0xC0, 0, 0xD0, 0}).data());
  for (const Version version : test::all_versions) {
    const auto request = find_frame(buffer.bytes(), rules_for(version, Sender::client, packet_bytes_limit));
    ASSERT_EQ(request.status, FrameStatus::ready);
    EXPECT_FALSE(decode_ping(request.frame));
    const auto answer =
        find_frame(buffer.bytes().subspan(2), rules_for(version, Sender::server, packet_bytes_limit));
    ASSERT_EQ(answer.status, FrameStatus::ready);
    EXPECT_FALSE(decode_ping(answer.frame));
  }
  EXPECT_TRUE(decode_ping(test::frame_of(Wire({0xC0, 1, 0}))));
}

}  // namespace
}  // namespace tenon::mqtt
