#include <gtest/gtest.h>

#include <string>

#include "load/wire/packet_reader.h"
#include "load/wire/packet_writer.h"
#include "load/wire/publish_template.h"

namespace tenon::load {
namespace {

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string text_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

// Borrows `packet`.
Frame frame_of(const Bytes& packet) {
  Frame frame;
  EXPECT_EQ(next_frame(packet, frame), FrameStatus::complete);
  EXPECT_EQ(frame.size_bytes, packet.size());
  return frame;
}

TEST(PacketWriter, ConnectOfVersion4IsByteForByteThatOfTheStandard) {
  Bytes packet;
  append_connect(packet, {.client_id = "me", .keep_alive_s = 10, .username = "u", .password = "pw"});
  const Bytes expected = {0x10, 21, 0,   4,   'M', 'Q', 'T', 'T', 4, 0xC2, 0,  10,
                          0,    2,  'm', 'e', 0,   1,   'u', 0,   2, 'p',  'w'};
  EXPECT_EQ(packet, expected);
}

TEST(PacketWriter, ConnectOfVersion5CarriesTheSessionExpiry) {
  Bytes packet;
  append_connect(packet,
                 {.version = Version::v5, .client_id = "me", .clean = false, .session_expiry_s = 0xFFFFFFFF});
  const Bytes expected = {0x10, 20, 0,    4,    'M',  'Q',  'T',  'T', 5, 0,   0,
                          0,    5,  0x11, 0xFF, 0xFF, 0xFF, 0xFF, 0,   2, 'm', 'e'};
  EXPECT_EQ(packet, expected);
}

TEST(PacketWriter, SubscribeListsEachFilterWithItsQos) {
  const std::vector<std::string> filters = {"a", "b/#"};
  Bytes packet;
  append_subscribe(packet, Version::v3_1_1, 7, filters, Qos::at_least_once);
  EXPECT_EQ(packet, (Bytes{0x82, 12, 0, 7, 0, 1, 'a', 1, 0, 3, 'b', '/', '#', 1}));
  packet.clear();
  append_subscribe(packet, Version::v5, 7, {filters.data(), 1}, Qos::exactly_once);
  EXPECT_EQ(packet, (Bytes{0x82, 7, 0, 7, 0, 0, 1, 'a', 2}));
}

TEST(PacketWriter, VarintTakesOneToFourBytes) {
  for (const auto& [value, size] : {std::pair{0U, 1U},
                                    {127U, 1U},
                                    {128U, 2U},
                                    {16'383U, 2U},
                                    {16'384U, 3U},
                                    {2'097'151U, 3U},
                                    {2'097'152U, 4U},
                                    {268'435'455U, 4U}}) {
    Bytes out;
    append_varint(out, value);
    EXPECT_EQ(out.size(), size) << value;
    std::size_t taken = 0;
    EXPECT_EQ(parse_varint(out, taken), value);
    EXPECT_EQ(taken, size);
  }
}

TEST(PacketWriter, PubrelCarriesItsReservedBit) {  // [MQTT-3.6.1-1]
  std::uint8_t ack[ack_bytes];
  write_ack(ack, PacketType::pubrel, 0x1234);
  EXPECT_EQ(Bytes(ack, ack + ack_bytes), (Bytes{0x62, 2, 0x12, 0x34}));
}

TEST(PacketReader, EveryCutOfAPacketIsPartial) {
  Bytes packet = {0x30, 0x80, 0x01};
  packet.resize(3 + 128, 'x');
  Frame frame;
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(next_frame({packet.data(), size}, frame), FrameStatus::partial) << size;
  }
  EXPECT_EQ(next_frame(packet, frame), FrameStatus::complete);
  EXPECT_EQ(frame.body.size(), 128U);
}

TEST(PacketReader, AFifthLengthByteIsMalformed) {
  Frame frame;
  EXPECT_EQ(next_frame(Bytes{0x30, 0xFF, 0xFF, 0xFF, 0xFF}, frame), FrameStatus::malformed);
  EXPECT_EQ(next_frame(Bytes{0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}, frame), FrameStatus::malformed);
}

TEST(PacketReader, ReadsAPublishOfEachVersionAndQos) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    for (const Qos qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
      const PublishTemplate packet(version, qos, Retain::yes, "some/topic", 20);
      Bytes bytes(packet.size_bytes());
      packet.write(bytes.data(), 0x0102, {});
      PublishView view;
      ASSERT_TRUE(parse_publish(frame_of(bytes), version, view));
      EXPECT_EQ(view.qos, qos);
      EXPECT_TRUE(view.retain);
      EXPECT_FALSE(view.dup);
      EXPECT_EQ(view.packet_id, qos == Qos::at_most_once ? 0 : 0x0102);
      EXPECT_EQ(text_of(view.topic), "some/topic");
      EXPECT_EQ(view.payload.size(), 20U);
    }
  }
}

TEST(PacketReader, RefusesMalformedPublishes) {
  PublishView view;
  const auto parse = [&view](std::uint8_t flags, const Bytes& body, Version version) {
    return parse_publish({PacketType::publish, flags, body, 0}, version, view);
  };
  EXPECT_FALSE(parse(0, {0}, Version::v3_1_1));
  EXPECT_FALSE(parse(0, {0, 2, 'a'}, Version::v3_1_1));
  EXPECT_FALSE(parse(6, {0, 1, 'a', 0, 1}, Version::v3_1_1));  // QoS 3 [MQTT-3.3.1-4]
  EXPECT_FALSE(parse(2, {0, 1, 'a', 0, 0}, Version::v3_1_1));  // packet id 0 [MQTT-2.2.1-3]
  EXPECT_FALSE(parse(2, {0, 1, 'a', 0}, Version::v3_1_1));
  EXPECT_FALSE(parse(0, {0, 1, 'a'}, Version::v5));
  EXPECT_FALSE(parse(0, {0, 1, 'a', 5, 1}, Version::v5));
  EXPECT_TRUE(parse(0, {0, 1, 'a'}, Version::v3_1_1));
}

TEST(PacketReader, SkipsThePropertiesOfAPublish) {
  PublishView view;
  const Bytes body = {0, 1, 'a', 2, 0x01, 0x01, 'h', 'i'};
  ASSERT_TRUE(parse_publish({PacketType::publish, 0, body, 0}, Version::v5, view));
  EXPECT_EQ(text_of(view.payload), "hi");
}

TEST(PacketReader, ConnackTellsReceiveMaximumAmongOtherProperties) {
  const Bytes properties = {0x12, 0, 2, 'i', 'd', 0x26, 0, 1, 'k', 0, 1, 'v', 0x21, 0, 20, 0x24, 1};
  Bytes packet = {0x20, 0, 1, 0, static_cast<std::uint8_t>(properties.size())};
  packet.insert(packet.end(), properties.begin(), properties.end());
  packet[1] = static_cast<std::uint8_t>(packet.size() - 2);
  const auto connack = parse_connack(frame_of(packet), Version::v5);
  ASSERT_TRUE(connack);
  EXPECT_TRUE(connack->session_present);
  EXPECT_EQ(connack->code, 0);
  EXPECT_EQ(connack->receive_maximum, 20);
}

TEST(PacketReader, ConnackWithBrokenPropertiesIsRefused) {
  for (const Bytes& packet :
       {Bytes{0x20, 3, 0, 0, 1}, Bytes{0x20, 5, 0, 0, 2, 0x21, 0}, Bytes{0x20, 4, 0, 0, 1, 0x7E},
        Bytes{0x20, 6, 0, 0, 3, 0x21, 0, 0}, Bytes{0x20, 4, 0, 0, 0, 9}}) {
    EXPECT_FALSE(parse_connack(frame_of(packet), Version::v5));
  }
}

TEST(PacketReader, ConnackOfVersion4HasTwoBytes) {
  const auto connack = parse_connack(frame_of({0x20, 2, 0, 5}), Version::v3_1_1);
  ASSERT_TRUE(connack);
  EXPECT_EQ(connack->code, 5);
  EXPECT_FALSE(parse_connack(frame_of({0x20, 1, 0}), Version::v3_1_1));
}

TEST(PacketReader, SubackGivesOneCodePerFilter) {
  const Bytes plain_packet = {0x90, 4, 0, 1, 1, 0x80};
  const auto plain = parse_suback(frame_of(plain_packet), Version::v3_1_1);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->packet_id, 1);
  EXPECT_EQ(Bytes(plain->codes.begin(), plain->codes.end()), (Bytes{1, 0x80}));
  const Bytes packet_with_properties = {0x90, 4, 0, 1, 0, 2};
  const auto with_properties = parse_suback(frame_of(packet_with_properties), Version::v5);
  ASSERT_TRUE(with_properties);
  EXPECT_EQ(with_properties->codes.size(), 1U);
  EXPECT_FALSE(parse_suback(frame_of({0x90, 2, 0, 1}), Version::v3_1_1));
}

TEST(PacketReader, AcksGiveIdAndReason) {
  AckView ack;
  ASSERT_TRUE(parse_ack(frame_of({0x40, 2, 1, 2}), ack));
  EXPECT_EQ(ack.packet_id, 0x0102);
  EXPECT_EQ(ack.reason, 0);
  ASSERT_TRUE(parse_ack(frame_of({0x40, 3, 1, 2, 0x97}), ack));
  EXPECT_EQ(ack.reason, 0x97);
  EXPECT_FALSE(parse_ack(frame_of({0x40, 1, 1}), ack));
  EXPECT_FALSE(parse_ack(frame_of({0x40, 2, 0, 0}), ack));
}

TEST(PublishTemplate, CopiesDifferInPacketIdStampAndTopicNumberOnly) {
  PublishTemplate packet(Version::v3_1_1, Qos::at_least_once, Retain::no, numbered_topic("bench/p2p", 3), 40);
  Bytes first(packet.size_bytes());
  packet.write(first.data(), 1, {.stream = 3, .sequence = 0, .sent_ns = 10});
  packet.set_topic_number(12'345'678);
  Bytes second(packet.size_bytes());
  packet.write(second.data(), 2, {.stream = 9, .sequence = 77, .sent_ns = 1ULL << 40});
  PublishView a;
  PublishView b;
  ASSERT_TRUE(parse_publish(frame_of(first), Version::v3_1_1, a));
  ASSERT_TRUE(parse_publish(frame_of(second), Version::v3_1_1, b));
  EXPECT_EQ(text_of(a.topic), "bench/p2p/00000003");
  EXPECT_EQ(text_of(b.topic), "bench/p2p/12345678");
  EXPECT_EQ(b.packet_id, 2);
  Stamp stamp;
  ASSERT_TRUE(read_stamp(b.payload, stamp));
  EXPECT_EQ(stamp.stream, 9U);
  EXPECT_EQ(stamp.sequence, 77U);
  EXPECT_EQ(stamp.sent_ns, 1ULL << 40);
  EXPECT_EQ(text_of(a.payload.subspan(stamp_bytes)), text_of(b.payload.subspan(stamp_bytes)));
}

TEST(Stamp, ShortPayloadsCarryWhatFits) {
  const Stamp stamp{.stream = 1, .sequence = 2, .sent_ns = 3};
  Stamp read;
  Bytes seven = bytes_of("abcdefg");
  write_stamp(seven, stamp);
  EXPECT_EQ(seven, bytes_of("abcdefg"));
  EXPECT_FALSE(read_stamp(seven, read));
  Bytes eight(8);
  write_stamp(eight, stamp);
  ASSERT_TRUE(read_stamp(eight, read));
  EXPECT_EQ(read.sequence, 2U);
  EXPECT_EQ(read.sent_ns, 0U);
}

}  // namespace
}  // namespace tenon::load
