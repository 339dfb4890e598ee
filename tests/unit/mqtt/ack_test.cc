#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

constexpr PacketType ack_types[] = {PacketType::puback, PacketType::pubrec, PacketType::pubrel,
                                    PacketType::pubcomp};

unsigned first_byte(PacketType type) {
  return (static_cast<unsigned>(type) << 4) | (type == PacketType::pubrel ? 2u : 0u);
}

Decoded<Ack> decode_ack(const Wire& packet, Version version) {
  return decode_ack(test::frame_of(packet), version);
}

TEST(Ack, ShortFormMeansSuccess) {
  for (const Version version : test::all_versions)
    for (const PacketType type : ack_types) {
      const Wire packet = Wire().two(0x0102).packet(first_byte(type));
      const auto ack = decode_ack(packet, version);
      ASSERT_TRUE(ack) << to_string(ack.error());
      EXPECT_EQ(ack->type, type);
      EXPECT_EQ(number(ack->packet_id), 0x0102);
      EXPECT_EQ(ack->reason, success);
    }
}

// MQTT 5.0 §3.4.2.1: the properties may be left out behind the reason code.
TEST(Ack, ReasonMayStandAlone) {
  const Wire packet = Wire().two(1).byte(0x92).packet(0x62);
  EXPECT_EQ(decode_ack(packet, Version::v5)->reason, packet_identifier_not_found);
}

TEST(Ack, PropertiesAreRead) {
  const Wire properties = Wire({0x1F}).text("full").add(test::user_property("n", "v"));
  const Wire packet = Wire().two(1).byte(0x97).properties(properties).packet(0x40);
  const auto ack = decode_ack(packet, Version::v5);
  ASSERT_TRUE(ack) << to_string(ack.error());
  EXPECT_EQ(ack->reason, quota_exceeded);
  EXPECT_EQ(ack->properties.reason_string, "full");
  EXPECT_EQ(test::pairs_of(ack->properties.user).size(), 1u);
}

// [MQTT-2.2.1-5] names a packet id, which is never 0 [MQTT-2.2.1-3].
TEST(Ack, PacketIdZeroIsRefused) {
  for (const Version version : test::all_versions)
    for (const PacketType type : ack_types)
      EXPECT_TRUE(refused(decode_ack(Wire().two(0).packet(first_byte(type)), version).error(), protocol_error,
                          "is 0"));
}

// [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
TEST(Ack, UnlistedReasonCodesAreRefused) {
  for (const PacketType type : ack_types)
    for (unsigned code = 0; code < 256; ++code) {
      const Wire packet = Wire().two(1).byte(code).packet(first_byte(type));
      const bool listed = is_listed(static_cast<ReasonCode>(code), type, Sender::client);
      EXPECT_EQ(decode_ack(packet, Version::v5).ok(), listed) << code;
      if (!listed) {
        EXPECT_TRUE(refused(decode_ack(packet, Version::v5).error(), malformed_packet, "reason code"));
      }
    }
}

TEST(Ack, TruncationsAndBytesBehindTheEndAreRefused) {
  for (const Version version : test::all_versions) {
    EXPECT_TRUE(refused(decode_ack(Wire().packet(0x40), version).error(), malformed_packet, "cut short"));
    EXPECT_TRUE(
        refused(decode_ack(Wire().byte(1).packet(0x40), version).error(), malformed_packet, "cut short"));
  }
  for (const Version version : test::v3_versions)
    EXPECT_TRUE(
        refused(decode_ack(Wire().two(1).byte(0).packet(0x40), version).error(), malformed_packet, "behind"));
  const Wire behind = Wire().two(1).byte(0).byte(0).byte(0).packet(0x40);
  EXPECT_TRUE(refused(decode_ack(behind, Version::v5).error(), malformed_packet, "behind its last field"));
}

TEST(Ack, WhatIsEncodedIsDecodedAgain) {
  const Wire user = test::user_property("n", "v");
  for (const Version version : test::all_versions)
    for (const PacketType type : ack_types)
      for (const bool properties : {false, true})
        for (const ReasonCode reason : {success, packet_identifier_not_found, unspecified_error}) {
          if (!is_listed(reason, type, Sender::client)) continue;
          Ack ack{.type = type, .packet_id = PacketId{9}, .reason = reason, .properties = {}};
          if (properties) ack.properties = {.reason_string = "r", .user = UserProperties(user)};
          ByteBuffer buffer;
          ASSERT_EQ(encode_ack(buffer.writer(), ack, test::limits(version)), EncodeStatus::ok);
          const auto rules = rules_for(version, Sender::server, packet_bytes_limit);
          const FrameResult found = find_frame(buffer.bytes(), rules);
          ASSERT_EQ(found.status, FrameStatus::ready) << to_string(found.error);
          const auto back = decode_ack(found.frame, version);
          ASSERT_TRUE(back) << to_string(back.error());
          EXPECT_EQ(back->type, type);
          EXPECT_EQ(back->packet_id, PacketId{9});
          EXPECT_EQ(back->reason, version == Version::v5 ? reason : success);
          EXPECT_EQ(back->properties.reason_string.has_value(), properties && version == Version::v5);
        }
}

TEST(Ack, ShortestFormIsWritten) {
  const auto encoded = [](ReasonCode reason, Version version) {
    const Ack ack{.type = PacketType::pubrec, .packet_id = PacketId{258}, .reason = reason, .properties = {}};
    ByteBuffer buffer;
    EXPECT_EQ(encode_ack(buffer.writer(), ack, test::limits(version)), EncodeStatus::ok);
    return test::copy_of(buffer.bytes());
  };
  EXPECT_EQ(encoded(success, Version::v5), Wire({0x50, 2, 1, 2}).data());
  EXPECT_EQ(encoded(not_authorized, Version::v5), Wire({0x50, 3, 1, 2, 0x87}).data());
  EXPECT_EQ(encoded(not_authorized, Version::v3_1_1), Wire({0x50, 2, 1, 2}).data());
}

// [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2]
// [MQTT-3.7.2-3]
TEST(Ack, ReasonStringAndUserPropertiesAreLeftOutWhenTooLarge) {
  const Wire user = test::user_property("n", "v");
  for (const PacketType type : ack_types) {
    Ack ack{.type = type, .packet_id = PacketId{1}, .reason = success, .properties = {}};
    ack.properties = {.reason_string = "why", .user = UserProperties(user)};
    const auto size_within = [&](std::uint32_t packet_bytes_max) {
      ByteBuffer buffer;
      EncodeLimits limits = test::limits(Version::v5);
      limits.packet_bytes_max = packet_bytes_max;
      EXPECT_EQ(encode_ack(buffer.writer(), ack, limits), EncodeStatus::ok);
      return buffer.bytes().size();
    };
    EXPECT_EQ(size_within(100), 6u + 6 + user.size());
    EXPECT_EQ(size_within(static_cast<std::uint32_t>(6 + 6 + user.size() - 1)), 12u);
    EXPECT_EQ(size_within(12), 12u);
    EXPECT_EQ(size_within(11), 4u);
    EXPECT_EQ(size_within(4), 4u);
  }
}

// [MQTT-3.1.2-29]
TEST(Ack, WithoutRequestForProblemInformationNoneIsSent) {
  const Wire user = test::user_property("n", "v");
  Ack ack{.type = PacketType::puback, .packet_id = PacketId{1}, .reason = not_authorized, .properties = {}};
  ack.properties = {.reason_string = "why", .user = UserProperties(user)};
  EncodeLimits limits = test::limits(Version::v5);
  limits.problem_information = ProblemInformation::omit;
  ByteBuffer buffer;
  ASSERT_EQ(encode_ack(buffer.writer(), ack, limits), EncodeStatus::ok);
  EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0x40, 3, 0, 1, 0x87}).data());
}

}  // namespace
}  // namespace tenon::mqtt
