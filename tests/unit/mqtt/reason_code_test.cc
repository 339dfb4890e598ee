#include "mqtt/reason_code.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "mqtt/types.h"

namespace tenon::mqtt {
namespace {

using enum ReasonCode;

TEST(ReasonCode, EachHasAName) {
  std::map<std::string_view, int> names;
  for (int code = 0; code < 256; ++code) ++names[to_string(static_cast<ReasonCode>(code))];
  EXPECT_EQ(names.size(), 44u) << "43 and the answer for all others";
  EXPECT_EQ(names["unknown reason code"], 256 - 43);
}

// [MQTT-3.2.2-8] [MQTT-3.14.2-1] and their like: every listed code is a named one.
TEST(ReasonCode, OnlyNamedCodesAreListed) {
  for (int type = 0; type < 16; ++type)
    for (const Sender sender : {Sender::client, Sender::server})
      for (int code = 0; code < 256; ++code)
        if (is_listed(static_cast<ReasonCode>(code), static_cast<PacketType>(type), sender)) {
          EXPECT_NE(to_string(static_cast<ReasonCode>(code)), "unknown reason code") << type << " " << code;
        }
}

TEST(ReasonCode, ListsHaveTheSizesOfTheStandard) {
  const auto count = [](PacketType type, Sender sender) {
    int listed = 0;
    for (int code = 0; code < 256; ++code) listed += is_listed(static_cast<ReasonCode>(code), type, sender);
    return listed;
  };
  EXPECT_EQ(count(PacketType::connack, Sender::server), 22);
  EXPECT_EQ(count(PacketType::puback, Sender::client), 9);
  EXPECT_EQ(count(PacketType::pubrec, Sender::server), 9);
  EXPECT_EQ(count(PacketType::pubrel, Sender::client), 2);
  EXPECT_EQ(count(PacketType::pubcomp, Sender::server), 2);
  EXPECT_EQ(count(PacketType::suback, Sender::server), 12);
  EXPECT_EQ(count(PacketType::unsuback, Sender::server), 7);
  EXPECT_EQ(count(PacketType::disconnect, Sender::client), 14);
  EXPECT_EQ(count(PacketType::disconnect, Sender::server), 29);
  EXPECT_EQ(count(PacketType::auth, Sender::client), 2);
  EXPECT_EQ(count(PacketType::auth, Sender::server), 2);
  EXPECT_EQ(count(PacketType::publish, Sender::client), 0);
}

TEST(ReasonCode, V3ConnectCodesSurviveTheWayThereAndBack) {
  for (std::uint8_t code = 0; code <= 5; ++code) {
    const auto reason = from_v3_connack(code);
    ASSERT_TRUE(reason);
    EXPECT_EQ(static_cast<std::uint8_t>(*to_v3_connack(*reason)), code);
    EXPECT_NE(to_string(static_cast<ConnectReturnCode>(code)), "reserved return code");
  }
  for (int code = 6; code < 256; ++code) EXPECT_FALSE(from_v3_connack(static_cast<std::uint8_t>(code)));
}

// [MQTT-3.2.2-6] of 3.1.1
TEST(ReasonCode, ReasonsWithoutAV3ConnectCodeSayNothing) {
  for (const ReasonCode code :
       {malformed_packet, protocol_error, packet_too_large, unspecified_error, topic_name_invalid})
    EXPECT_FALSE(to_v3_connack(code)) << to_string(code);
  EXPECT_EQ(to_v3_connack(server_busy), ConnectReturnCode::server_unavailable);
  EXPECT_EQ(to_v3_connack(banned), ConnectReturnCode::not_authorized);
}

// [MQTT-3.9.3-2] of 3.1.1
TEST(ReasonCode, V3SubackTellsGrantedQosOrFailure) {
  EXPECT_EQ(to_v3_suback(success), 0);
  EXPECT_EQ(to_v3_suback(granted_qos_1), 1);
  EXPECT_EQ(to_v3_suback(granted_qos_2), 2);
  for (const ReasonCode code : {not_authorized, topic_filter_invalid, quota_exceeded})
    EXPECT_EQ(to_v3_suback(code), 0x80);
}

TEST(Types, NamesAreThoseOfTheStandard) {
  std::set<std::string_view> names;
  for (int type = 1; type <= 15; ++type) names.insert(to_string(static_cast<PacketType>(type)));
  EXPECT_EQ(names.size(), 15u);
  EXPECT_EQ(to_string(PacketType::publish), "PUBLISH");
  EXPECT_EQ(to_string(static_cast<PacketType>(0)), "reserved packet type");
  EXPECT_EQ(to_string(Version::v3_1_1), "3.1.1");
  EXPECT_EQ(to_string(QoS::exactly_once), "2");
  EXPECT_EQ(to_string(Sender::server), "server");
}

}  // namespace
}  // namespace tenon::mqtt
