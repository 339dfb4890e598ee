#include <array>

#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

Wire start_of_list(Version version, unsigned packet_id = 1, const Wire& properties = {}) {
  Wire wire = Wire().two(packet_id);
  return version == Version::v5 ? wire.properties(properties) : wire;
}

Decoded<Subscribe> subscribe(const Wire& packet, Version version) {
  return decode_subscribe(test::frame_of(packet), version);
}
DecodeError subscribe_refusal(const Wire& body, Version version) {
  return subscribe(body.packet(0x82), version).error();
}
DecodeError unsubscribe_refusal(const Wire& body, Version version) {
  return decode_unsubscribe(test::frame_of(body.packet(0xA2)), version).error();
}

TEST(Subscribe, FiltersAreReadInOrder) {
  for (const Version version : test::all_versions) {
    const Wire packet =
        start_of_list(version, 7).text("a/+").byte(1).text("#").byte(2).text("$SYS/x").byte(0).packet(0x82);
    const auto result = subscribe(packet, version);
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(number(result->packet_id), 7);
    ASSERT_EQ(result->subscriptions.size(), 3u);
    std::vector<std::string> filters;
    std::vector<QoS> levels;
    for (const Subscription& s : result->subscriptions) {
      filters.emplace_back(s.filter);
      levels.push_back(s.qos);
      EXPECT_FALSE(s.no_local || s.retain_as_published);
      EXPECT_EQ(s.retain_handling, RetainHandling::send);
    }
    EXPECT_EQ(filters, (std::vector<std::string>{"a/+", "#", "$SYS/x"}));
    EXPECT_EQ(levels, (std::vector<QoS>{QoS::at_least_once, QoS::exactly_once, QoS::at_most_once}));
  }
}

TEST(Subscribe, OptionsOfV5AreRead) {
  const Wire packet = start_of_list(Version::v5, 1, Wire({0x0B, 0x05})).text("a").byte(0x2E).packet(0x82);
  const auto result = subscribe(packet, Version::v5);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->properties.subscription_id, 5u);
  const Subscription s = *result->subscriptions.begin();
  EXPECT_EQ(s.qos, QoS::exactly_once);
  EXPECT_TRUE(s.no_local);
  EXPECT_TRUE(s.retain_as_published);
  EXPECT_EQ(s.retain_handling, RetainHandling::do_not_send);
}

// [MQTT-3.8.3-2] [MQTT-3.10.3-2] (3.1.1: [MQTT-3.8.3-3] [MQTT-3.10.3-2])
TEST(Subscribe, RequestsWithoutFiltersAreRefused) {
  for (const Version version : test::all_versions) {
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version), version), protocol_error,
                        "SUBSCRIBE has no topic filter"));
    EXPECT_TRUE(
        refused(unsubscribe_refusal(start_of_list(version), version), protocol_error, "has no topic filter"));
  }
}

// [MQTT-2.2.1-3] (3.1.1: [MQTT-2.3.1-1])
TEST(Subscribe, PacketIdZeroIsRefused) {
  for (const Version version : test::all_versions) {
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version, 0).text("a").byte(0), version),
                        protocol_error, "is 0"));
    EXPECT_TRUE(
        refused(unsubscribe_refusal(start_of_list(version, 0).text("a"), version), protocol_error, "is 0"));
  }
}

// [MQTT-3.8.3-5] (3.1.1: [MQTT-3-8.3-4])
TEST(Subscribe, ReservedOptionBitsAreRefused) {
  for (const unsigned bit : {0x40u, 0x80u})
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(Version::v5).text("a").byte(bit), Version::v5),
                        malformed_packet, "reserved"));
  for (const Version version : test::v3_versions)
    for (unsigned bit = 0x04; bit < 0x100; bit *= 2)
      EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version).text("a").byte(bit), version),
                          malformed_packet, "reserved"));
}

// MQTT 5.0 §3.8.3.1 (3.1.1: [MQTT-3-8.3-4])
TEST(Subscribe, Qos3IsRefused) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version).text("a").byte(3), version), protocol_error,
                        "QoS 3"));
}

TEST(Subscribe, RetainHandling3IsRefused) {
  EXPECT_TRUE(refused(subscribe_refusal(start_of_list(Version::v5).text("a").byte(0x30), Version::v5),
                      protocol_error, "retain handling 3"));
}

// [MQTT-3.8.3-4]
TEST(Subscribe, NoLocalOnASharedSubscriptionIsRefused) {
  for (const char* filter : {"$share/g/a", "$oshare/g/a"})
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(Version::v5).text(filter).byte(0x04), Version::v5),
                        protocol_error, "No Local"));
  EXPECT_FALSE(subscribe_refusal(start_of_list(Version::v5).text("$share/g/a").byte(0x08), Version::v5));
}

// [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] (3.1.1: [MQTT-4.7.1-2] [MQTT-4.7.1-3])
TEST(Subscribe, IllegalFiltersAreRefused) {
  for (const Version version : test::all_versions) {
    for (const char* bad : {"a#", "#/b", "a/#/b", "a+", "+a/b", "a/b+"}) {
      EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version).text(bad).byte(0), version),
                          topic_filter_invalid, "misplaced wildcard"))
          << bad;
      EXPECT_TRUE(refused(unsubscribe_refusal(start_of_list(version).text(bad), version),
                          topic_filter_invalid, "misplaced"));
    }
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version).text("").byte(0), version),
                        topic_filter_invalid, "is empty"));
    EXPECT_TRUE(refused(unsubscribe_refusal(start_of_list(version).text(""), version), topic_filter_invalid,
                        "is empty"));
  }
}

// [MQTT-4.8.2-1] [MQTT-4.8.2-2]
TEST(Subscribe, MisshapenSharedFiltersAreRefusedInV5) {
  for (const char* bad : {"$share/", "$share/g", "$share//x", "$share/g/", "$share/g+/x", "$share/#/x"}) {
    EXPECT_TRUE(refused(subscribe_refusal(start_of_list(Version::v5).text(bad).byte(0), Version::v5),
                        topic_filter_invalid, "shared subscription"))
        << bad;
    EXPECT_TRUE(refused(unsubscribe_refusal(start_of_list(Version::v5).text(bad), Version::v5),
                        topic_filter_invalid, "share"));
  }
  EXPECT_TRUE(refused(subscribe_refusal(start_of_list(Version::v5).text("$share/g/a#").byte(0), Version::v5),
                      topic_filter_invalid, "misplaced wildcard"));
}

TEST(Subscribe, SharedFiltersAreOrdinaryOnesToV3) {
  for (const Version version : test::v3_versions) {
    EXPECT_FALSE(subscribe_refusal(start_of_list(version).text("$share/g").byte(0), version));
    EXPECT_FALSE(subscribe_refusal(start_of_list(version).text("$share/g/a").byte(0), version));
  }
}

// [MQTT-3.8.3-1] [MQTT-3.10.3-1]
TEST(Subscribe, FiltersAreUtf8WithoutNul) {
  for (const Version version : test::all_versions)
    for (const std::string_view bad : {std::string_view("a\0", 2), std::string_view("\xED\xA0\x80")}) {
      EXPECT_TRUE(refused(subscribe_refusal(start_of_list(version).text(bad).byte(0), version),
                          malformed_packet, "UTF-8"));
      EXPECT_TRUE(
          refused(unsubscribe_refusal(start_of_list(version).text(bad), version), malformed_packet, "UTF-8"));
    }
}

TEST(Subscribe, SubscriptionIdZeroOrTwiceIsRefused) {
  EXPECT_TRUE(refused(
      subscribe_refusal(start_of_list(Version::v5, 1, Wire({0x0B, 0})).text("a").byte(0), Version::v5),
      protocol_error, "subscription identifier is 0"));
  EXPECT_TRUE(
      refused(subscribe_refusal(start_of_list(Version::v5, 1, Wire({0x0B, 1, 0x0B, 2})).text("a").byte(0),
                                Version::v5),
              protocol_error, "subscription identifier appears twice"));
}

TEST(Subscribe, EveryTruncationIsRefused) {
  for (const Version version : test::all_versions) {
    const Wire sub = start_of_list(version, 1).text("a/b").byte(0);
    for (std::size_t cut = 0; cut < sub.size(); ++cut) {
      const Frame frame{
          .type = PacketType::subscribe, .flags = 2, .header_bytes = 2, .body = Bytes(sub).first(cut)};
      EXPECT_FALSE(decode_subscribe(frame, version)) << cut;
    }
    const Wire unsub = start_of_list(version, 1).text("a/b");
    for (std::size_t cut = 0; cut < unsub.size(); ++cut) {
      const Frame frame{
          .type = PacketType::unsubscribe, .flags = 2, .header_bytes = 2, .body = Bytes(unsub).first(cut)};
      EXPECT_FALSE(decode_unsubscribe(frame, version)) << cut;
    }
  }
}

TEST(Subscribe, WhatIsEncodedIsDecodedAgain) {
  const std::array<Subscription, 3> wanted{
      Subscription{.filter = "a/+", .qos = QoS::at_least_once},
      Subscription{.filter = "$share/g/#", .qos = QoS::exactly_once, .retain_as_published = true},
      Subscription{.filter = "b", .no_local = true, .retain_handling = RetainHandling::send_if_new}};
  const Wire user = test::user_property("n", "v");
  const SubscribeProperties properties{.subscription_id = 268'435'455, .user = UserProperties(user)};
  for (const Version version : test::all_versions) {
    ByteBuffer buffer;
    ASSERT_EQ(encode_subscribe(buffer.writer(), PacketId{5}, properties, wanted, test::limits(version)),
              EncodeStatus::ok);
    const auto found = find_frame(buffer.bytes(), rules_for(version, Sender::client, packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    const auto back = decode_subscribe(found.frame, version);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->packet_id, PacketId{5});
    EXPECT_EQ(back->subscriptions.size(), wanted.size());
    std::size_t i = 0;
    for (const Subscription& s : back->subscriptions) {
      const Subscription& w = wanted[i++];
      const bool v5 = version == Version::v5;
      EXPECT_EQ(s.filter, w.filter);
      EXPECT_EQ(s.qos, w.qos);
      EXPECT_EQ(s.no_local, v5 && w.no_local);
      EXPECT_EQ(s.retain_as_published, v5 && w.retain_as_published);
      EXPECT_EQ(s.retain_handling, v5 ? w.retain_handling : RetainHandling::send);
    }
    if (version != Version::v5) continue;
    EXPECT_EQ(back->properties.subscription_id, 268'435'455u);
    EXPECT_EQ(test::pairs_of(back->properties.user).size(), 1u);
  }
}

TEST(Unsubscribe, WhatIsEncodedIsDecodedAgain) {
  const std::array<std::string_view, 2> wanted{"a/+", "#"};
  const Wire user = test::user_property("n", "v");
  for (const Version version : test::all_versions) {
    ByteBuffer buffer;
    ASSERT_EQ(encode_unsubscribe(buffer.writer(), PacketId{5}, {.user = UserProperties(user)}, wanted,
                                 test::limits(version)),
              EncodeStatus::ok);
    const auto found = find_frame(buffer.bytes(), rules_for(version, Sender::client, packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    const auto back = decode_unsubscribe(found.frame, version);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->packet_id, PacketId{5});
    EXPECT_EQ(back->filters.size(), 2u);
    std::vector<std::string> filters;
    for (const std::string_view filter : back->filters) filters.emplace_back(filter);
    EXPECT_EQ(filters, (std::vector<std::string>{"a/+", "#"}));
    EXPECT_EQ(test::pairs_of(back->properties.user).size(), version == Version::v5 ? 1u : 0u);
  }
}

Decoded<Suback> suback(const Wire& packet, Version version) {
  return decode_suback(test::frame_of(packet), version);
}

// [MQTT-3.9.3-2]
TEST(Suback, UnlistedCodesAreRefused) {
  for (const Version version : test::all_versions)
    for (unsigned code = 0; code < 256; ++code) {
      const bool listed = version == Version::v5
                              ? is_listed(static_cast<ReasonCode>(code), PacketType::suback, Sender::server)
                              : code <= 2 || code == 0x80;
      EXPECT_EQ(suback(start_of_list(version).byte(code).packet(0x90), version).ok(), listed) << code;
    }
}

// [MQTT-3.8.4-6] (3.1.1: [MQTT-3.8.4-5])
TEST(Suback, AnswersWithoutCodesAreRefused) {
  for (const Version version : test::all_versions)
    EXPECT_TRUE(refused(suback(start_of_list(version).packet(0x90), version).error(), protocol_error,
                        "no reason code"));
  const Wire empty = start_of_list(Version::v5).packet(0xB0);
  EXPECT_TRUE(
      refused(decode_unsuback(test::frame_of(empty), Version::v5).error(), protocol_error, "no reason"));
}

// [MQTT-3.9.3-1]
TEST(Suback, WhatIsEncodedIsDecodedAgain) {
  const std::array<ReasonCode, 5> codes{success, granted_qos_1, granted_qos_2, not_authorized,
                                        unspecified_error};
  for (const Version version : test::all_versions) {
    ByteBuffer buffer;
    ASSERT_EQ(encode_suback(buffer.writer(), PacketId{5}, {.reason_string = "r", .user = {}}, codes,
                            test::limits(version)),
              EncodeStatus::ok);
    const auto found = find_frame(buffer.bytes(), rules_for(version, Sender::server, packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    const auto back = decode_suback(found.frame, version);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->packet_id, PacketId{5});
    ASSERT_EQ(back->codes.size(), codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const bool told = version == Version::v5 || !is_failure(codes[i]);
      EXPECT_EQ(back->codes[i], told ? codes[i] : unspecified_error);
    }
  }
}

// [MQTT-3.11.3-1] [MQTT-3.11.3-2]
TEST(Unsuback, WhatIsEncodedIsDecodedAgain) {
  const std::array<ReasonCode, 2> codes{success, no_subscription_existed};
  for (const Version version : test::all_versions) {
    ByteBuffer buffer;
    ASSERT_EQ(encode_unsuback(buffer.writer(), PacketId{5}, {}, codes, test::limits(version)),
              EncodeStatus::ok);
    if (version != Version::v5) {
      EXPECT_EQ(test::copy_of(buffer.bytes()), Wire({0xB0, 2, 0, 5}).data());
    }
    const auto found = find_frame(buffer.bytes(), rules_for(version, Sender::server, packet_bytes_limit));
    ASSERT_EQ(found.status, FrameStatus::ready);
    const auto back = decode_unsuback(found.frame, version);
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->packet_id, PacketId{5});
    EXPECT_EQ(back->codes.size(), version == Version::v5 ? 2u : 0u);
  }
  for (unsigned code = 0; code < 256; ++code) {
    const Wire packet = start_of_list(Version::v5).byte(code).packet(0xB0);
    EXPECT_EQ(decode_unsuback(test::frame_of(packet), Version::v5).ok(),
              is_listed(static_cast<ReasonCode>(code), PacketType::unsuback, Sender::server))
        << code;
  }
}

// [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2]
TEST(Suback, ReasonStringAndUserPropertiesAreLeftOutWhenTooLarge) {
  const Wire user = test::user_property("n", "v");
  const AckProperties properties{.reason_string = "why", .user = UserProperties(user)};
  const std::array<ReasonCode, 1> codes{success};
  for (const auto encode : {encode_suback, encode_unsuback}) {
    const auto size_within = [&](std::uint32_t packet_bytes_max) {
      ByteBuffer buffer;
      EncodeLimits limits = test::limits(Version::v5);
      limits.packet_bytes_max = packet_bytes_max;
      EXPECT_EQ(encode(buffer.writer(), PacketId{1}, properties, codes, limits), EncodeStatus::ok);
      return buffer.bytes().size();
    };
    EXPECT_EQ(size_within(100), 6u + 6 + user.size());
    EXPECT_EQ(size_within(18), 12u);
    EXPECT_EQ(size_within(11), 6u);
    ByteBuffer buffer;
    EXPECT_EQ(encode(buffer.writer(), PacketId{1}, properties, codes,
                     {.version = Version::v5, .packet_bytes_max = 5}),
              EncodeStatus::too_large);
  }
}

}  // namespace
}  // namespace tenon::mqtt
