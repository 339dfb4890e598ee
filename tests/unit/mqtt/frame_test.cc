#include "mqtt/frame.h"

#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

FrameRules any_time(Version version, Sender sender = Sender::client) {
  return rules_for(version, sender, packet_bytes_limit);
}

DecodeError refusal(const Wire& bytes, const FrameRules& rules) {
  const FrameResult result = find_frame(bytes, rules);
  EXPECT_EQ(result.status == FrameStatus::refused, static_cast<bool>(result.error));
  return result.error;
}

TEST(Frame, NoBytesNeedMore) {
  EXPECT_EQ(find_frame({}, any_time(Version::v5)).status, FrameStatus::need_more);
}

TEST(Frame, PacketIsTakenApart) {
  const Wire packet = Wire().text("t").raw("payload").packet(0x3D);
  const FrameResult result = find_frame(packet, any_time(Version::v5));
  ASSERT_EQ(result.status, FrameStatus::ready);
  EXPECT_EQ(result.frame.type, PacketType::publish);
  EXPECT_EQ(result.frame.flags, 0x0D);
  EXPECT_EQ(result.frame.header_bytes, 2);
  EXPECT_EQ(result.frame.body.size(), 10u);
  EXPECT_EQ(result.frame.size_bytes(), packet.size());
  EXPECT_EQ(result.size_bytes, packet.size());
}

TEST(Frame, SecondPacketIsLeftAlone) {
  const Wire both = Wire({0xC0, 0x00, 0x30, 0x03, 0x00, 0x01, 'a'});
  const FrameResult first = find_frame(both, any_time(Version::v5));
  ASSERT_EQ(first.status, FrameStatus::ready);
  EXPECT_EQ(first.frame.size_bytes(), 2u);
  const FrameResult second = find_frame(Bytes(both).subspan(2), any_time(Version::v5));
  ASSERT_EQ(second.status, FrameStatus::ready);
  EXPECT_EQ(second.frame.type, PacketType::publish);
}

TEST(Frame, EverySplitNeedsMoreUntilTheLastByte) {
  for (const std::size_t payload_bytes : {0u, 10u, 200u, 20'000u, 2'200'000u}) {
    const Wire packet = Wire().text("t").raw(std::string(payload_bytes, 'x')).packet(0x30);
    const Bytes bytes = packet;
    const std::size_t step = bytes.size() > 1000 ? 997 : 1;
    for (std::size_t cut = 0; cut < bytes.size(); cut += cut < 10 ? 1 : step) {
      const FrameResult result = find_frame(bytes.first(cut), any_time(Version::v5));
      ASSERT_EQ(result.status, FrameStatus::need_more) << cut;
      const std::size_t header_bytes = test::frame_of(packet).header_bytes;
      ASSERT_EQ(result.size_bytes, cut < header_bytes ? 0 : bytes.size()) << cut;
    }
    ASSERT_EQ(find_frame(bytes, any_time(Version::v5)).status, FrameStatus::ready);
  }
}

TEST(Frame, LengthsOfEachSizeAreRead) {
  for (const std::uint32_t length :
       {0u, 127u, 128u, 16'383u, 16'384u, 2'097'151u, 2'097'152u, 268'435'455u}) {
    const Wire header = Wire({0x30}).varint(length);
    const FrameResult result = find_frame(header, any_time(Version::v5));
    ASSERT_EQ(result.status, length == 0 ? FrameStatus::ready : FrameStatus::need_more);
    EXPECT_EQ(result.size_bytes, header.size() + length);
  }
}

TEST(Frame, LengthOfFiveBytesIsRefused) {
  for (const Version version : test::all_versions) {
    EXPECT_TRUE(refused(refusal({0x30, 0x80, 0x80, 0x80, 0x80}, any_time(version)), malformed_packet,
                        "remaining length has more than four bytes"));
    EXPECT_TRUE(refused(refusal({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, any_time(version)), malformed_packet,
                        "remaining length has more than four bytes"));
  }
}

// [MQTT-1.5.5-1]
TEST(Frame, LengthNotInItsShortestFormIsRefusedInV5Only) {
  for (const Wire& packet : {Wire{0xC0, 0x80, 0x00}, Wire{0xC0, 0x80, 0x80, 0x80, 0x00},
                             Wire{0x30, 0x83, 0x00, 0x00, 0x01, 'a'}}) {
    EXPECT_TRUE(refused(refusal(packet, any_time(Version::v5)), malformed_packet, "shortest form"));
    EXPECT_EQ(find_frame(packet, any_time(Version::v3_1_1)).status, FrameStatus::ready);
    EXPECT_EQ(find_frame(packet, any_time(Version::v3_1)).status, FrameStatus::ready);
  }
}

// [MQTT-3.1.2-24] bounds what is sent; the same limit bounds what is held for a packet.
TEST(Frame, TooLargePacketIsRefusedAsSoonAsItsLengthIsKnown) {
  FrameRules rules = any_time(Version::v5);
  rules.packet_bytes_max = 100;
  EXPECT_EQ(find_frame(Wire().raw(std::string(98, 'x')).packet(0x30), rules).status, FrameStatus::ready);
  EXPECT_TRUE(refused(refusal(Wire({0x30}).varint(99), rules), packet_too_large, "larger than allowed"));
  EXPECT_TRUE(
      refused(refusal(Wire({0x30}).varint(268'435'455), rules), packet_too_large, "larger than allowed"));
  EXPECT_EQ(find_frame(Wire({0x30, 0x80}), rules).status, FrameStatus::need_more);
}

TEST(Frame, TypeZeroIsRefusedAtItsFirstByte) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(refused(refusal({0x00}, any_time(version)), malformed_packet, "forbidden"));
}

// [MQTT-3.1.0-1]
TEST(Frame, OnlyConnectIsAcceptedFirst) {
  const FrameRules rules = rules_before_connect(1000);
  for (int type = 1; type <= 15; ++type) {
    const FrameResult result = find_frame(Wire({type << 4}), rules);
    EXPECT_EQ(result.status, type == 1 ? FrameStatus::need_more : FrameStatus::refused) << type;
    if (type != 1) {
      EXPECT_EQ(result.error.code, protocol_error) << type;
    }
  }
}

// [MQTT-3.1.0-2]
TEST(Frame, SecondConnectIsRefusedAtItsFirstByte) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(refused(refusal({0x10}, any_time(version)), protocol_error, "not allowed here"));
}

// [MQTT-3.2.0-1]
TEST(Frame, OnlyConnackAndInV5AuthAreAcceptedFirstFromAServer) {
  for (const Version version : test::all_versions)
    for (int type = 1; type <= 15; ++type) {
      const bool allowed = type == 2 || (type == 15 && version == Version::v5);
      const FrameResult result = find_frame(Wire({type << 4}), rules_before_connack(version, 1000));
      EXPECT_EQ(result.status, allowed ? FrameStatus::need_more : FrameStatus::refused) << type;
    }
}

std::uint8_t legal_flags(int type) {
  return type == 6 || type == 8 || type == 10 ? 0x02 : 0x00;
}

TEST(Frame, EachEndMaySendItsOwnTypesOnly) {
  for (const Version version : test::all_versions) {
    const bool v5 = version == Version::v5;
    for (int type = 1; type <= 15; ++type) {
      const bool both = type >= 3 && type <= 7;
      const bool client = both || type == 8 || type == 10 || type == 12 || type == 14 || (type == 15 && v5);
      const bool server = both || type == 9 || type == 11 || type == 13 || (type >= 14 && v5);
      const Wire byte({(type << 4) | legal_flags(type)});
      EXPECT_EQ(find_frame(byte, any_time(version, Sender::client)).status,
                client ? FrameStatus::need_more : FrameStatus::refused)
          << type;
      EXPECT_EQ(find_frame(byte, any_time(version, Sender::server)).status,
                server ? FrameStatus::need_more : FrameStatus::refused)
          << type;
    }
  }
}

// [MQTT-2.1.3-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1]
// (3.1.1: [MQTT-2.2.2-1] [MQTT-2.2.2-2])
TEST(Frame, WrongReservedFlagsAreRefusedAtTheirByte) {
  for (const Version version : {Version::v3_1_1, Version::v5})
    for (int type = 4; type <= 15; ++type)
      for (int flags = 0; flags < 16; ++flags) {
        FrameRules rules = any_time(version);
        rules.types |= any_time(version, Sender::server).types;
        if (!rules.types.has(static_cast<PacketType>(type))) continue;
        const FrameResult result = find_frame(Wire({(type << 4) | flags}), rules);
        const bool legal = flags == legal_flags(type);
        EXPECT_EQ(result.status, legal ? FrameStatus::need_more : FrameStatus::refused)
            << type << " " << flags;
        if (!legal) {
          EXPECT_TRUE(refused(result.error, malformed_packet, "reserved bits"));
        }
      }
}

TEST(Frame, ConnectWithFlagsIsRefused) {
  EXPECT_TRUE(refused(refusal({0x11}, rules_before_connect(1000)), malformed_packet, "reserved bits"));
}

TEST(Frame, InV31OnlyTheQosOfRequestsIsChecked) {
  const FrameRules rules = any_time(Version::v3_1);
  for (int type : {6, 8, 10})
    for (int flags = 0; flags < 16; ++flags)
      EXPECT_EQ(find_frame(Wire({(type << 4) | flags}), rules).status,
                (flags & 6) == 2 ? FrameStatus::need_more : FrameStatus::refused)
          << type << " " << flags;
  EXPECT_EQ(find_frame(Wire({0xCF, 0x00}), rules).status, FrameStatus::ready);
}

// [MQTT-3.3.1-4]
TEST(Frame, PublishWithQos3IsRefusedAtItsFirstByte) {
  for (const Version version : test::all_versions)
    for (const int flags : {0x06, 0x07, 0x0E, 0x0F})
      EXPECT_TRUE(refused(refusal(Wire({0x30 | flags}), any_time(version)), malformed_packet, "QoS 3"));
}

// [MQTT-3.3.1-2]
TEST(Frame, PublishWithDupAndQos0IsRefused) {
  for (const int flags : {0x08, 0x09}) {
    EXPECT_TRUE(
        refused(refusal(Wire({0x30 | flags}), any_time(Version::v5)), malformed_packet, "DUP with QoS 0"));
    EXPECT_TRUE(refused(refusal(Wire({0x30 | flags}), any_time(Version::v3_1_1)), malformed_packet, "DUP"));
    EXPECT_EQ(find_frame(Wire({0x30 | flags}), any_time(Version::v3_1)).status, FrameStatus::need_more);
  }
}

TEST(Frame, PublishWithLegalFlagsIsAccepted) {
  for (const int flags : {0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0xA, 0xB, 0xC, 0xD})
    for (const Version version : test::all_versions)
      EXPECT_EQ(find_frame(Wire({0x30 | flags}), any_time(version)).status, FrameStatus::need_more);
}

TEST(Frame, BodiesOfFixedSizeAreRefusedWhenLonger) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(
        refused(refusal({0xC0, 0x01}, any_time(version)), malformed_packet, "more bytes than its type"));
  for (const Version version : test::v3_versions) {
    for (const int first : {0x40, 0x50, 0x62, 0x70})
      EXPECT_TRUE(
          refused(refusal({first, 0x03}, any_time(version)), malformed_packet, "more bytes than its type"));
    EXPECT_TRUE(
        refused(refusal({0xE0, 0x01}, any_time(version)), malformed_packet, "more bytes than its type"));
    EXPECT_TRUE(
        refused(refusal({0xB0, 0x03}, any_time(version, Sender::server)), malformed_packet, "more bytes"));
  }
  EXPECT_EQ(find_frame(Wire({0x40, 0x03}), any_time(Version::v5)).status, FrameStatus::need_more);
}

}  // namespace
}  // namespace tenon::mqtt
