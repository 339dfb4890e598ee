#include "broker/trace/traces.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

namespace tenon::broker {
namespace {

using mqtt::PacketType;
using session::PacketSeen;

constexpr std::array<std::uint8_t, 16> home = {192, 0, 2, 7};
constexpr UnixMs far = 1'000'000;

PacketSeen seen_of(const std::vector<std::uint8_t>& packet, bool is_sent = false) {
  PacketSeen seen;
  seen.is_sent = is_sent;
  seen.type = static_cast<PacketType>(packet[0] >> 4);
  seen.packet = packet;
  return seen;
}

PacketSeen publish(std::string_view topic) {
  PacketSeen seen;
  seen.type = PacketType::publish;
  seen.topic = topic;
  seen.qos = mqtt::QoS::at_least_once;
  seen.id = mqtt::PacketId{12};
  seen.payload_bytes = 48;
  seen.retain = true;
  return seen;
}

// CONNECT of 5.0: client "meter-7", user "ann", password "geheim".
const std::vector<std::uint8_t> connect = {0x10, 33,  0,   4,   'M', 'Q', 'T', 'T', 5,   0xC2, 0,  60,
                                           0,    0,   7,   'm', 'e', 't', 'e', 'r', '-', '7',  0,  3,
                                           'a',  'n', 'n', 0,   6,   'g', 'e', 'h', 'e', 'i',  'm'};

TEST(PacketLine, SaysWhatAPacketIsAndNothingOfWhatItCarries) {
  EXPECT_EQ(packet_line(seen_of(connect), mqtt::Version::v5),
            R"(CONNECT 5.0 client "meter-7" user "ann" with a password, clean start, keep alive 60 s)");
  EXPECT_EQ(packet_line(publish("a/b"), mqtt::Version::v5), R"(PUBLISH "a/b" qos 1 id 12, 48 bytes, retain)");
  EXPECT_EQ(packet_line(seen_of({0x82, 9, 0, 3, 0, 0, 3, 'a', '/', '#', 1}), mqtt::Version::v5),
            R"(SUBSCRIBE id 3: "a/#" qos 1)");
  EXPECT_EQ(packet_line(seen_of({0x90, 4, 0, 3, 0, 0x87}, true), mqtt::Version::v5),
            "SUBACK id 3: not authorized");
  EXPECT_EQ(packet_line(seen_of({0xE0, 2, 0x98, 0}, true), mqtt::Version::v5),
            "DISCONNECT administrative action");
  EXPECT_EQ(packet_line(seen_of({0xC0, 0}), mqtt::Version::v5), "PINGREQ");
}

TEST(PacketLine, WhatIsMalformedIsSaidToBe) {
  EXPECT_EQ(packet_line(seen_of({0x82, 2, 0, 0}), mqtt::Version::v5), "SUBSCRIBE that is malformed");
  EXPECT_EQ(packet_line(seen_of({0x40, 1, 0}), mqtt::Version::v3_1_1), "PUBACK that is malformed");
}

struct TracesTest : testing::Test {
  void see(std::string_view client, const PacketSeen& seen, UnixMs now = 10,
           const std::array<std::uint8_t, 16>& address = home) {
    traces.note({client, TENON_PEER_IPV4, address, 4711}, seen, mqtt::Version::v5, now);
  }
  std::vector<std::string> texts(std::uint64_t id) {
    std::vector<std::string> out;
    const auto read = traces.read(id, 0, 1000);
    for (const TraceLine& line : read->lines) out.push_back(line.client_id + ": " + line.text);
    return out;
  }
  TraceState state(std::uint64_t id) { return traces.read(id, 0, 0)->state; }
  Traces traces;
};

TEST_F(TracesTest, ATraceSeesWhatItsFilterSays) {
  ASSERT_TRUE(traces.start(1, {"meter-*", "", ""}, {10, 10'000, far}));
  ASSERT_TRUE(traces.start(2, {"", "plant/#", ""}, {10, 10'000, far}));
  ASSERT_TRUE(traces.start(3, {"", "", "192.0.2.0/24"}, {10, 10'000, far}));
  ASSERT_TRUE(traces.start(4, {"meter-7", "plant/+", ""}, {10, 10'000, far}));
  see("meter-7", publish("plant/a"));
  see("other", publish("plant/a/b"), 11, {10, 0, 0, 1});
  see("other", seen_of({0x82, 13, 0, 3, 0, 0, 7, 'p', 'l', 'a', 'n', 't', '/', '#', 1}), 12, {10, 0, 0, 1});
  EXPECT_EQ(texts(1).size(), 1u);
  EXPECT_EQ(texts(2).size(), 3u);
  EXPECT_EQ(texts(3), texts(1));
  EXPECT_EQ(texts(4), texts(1));
  const TraceLine line = traces.read(1, 0, 10)->lines[0];
  EXPECT_EQ(line.at_ms, 10);
  EXPECT_EQ(line.address, "192.0.2.7:4711");
  EXPECT_EQ(line.way, TraceWay::received);
}

TEST_F(TracesTest, AClientIsKnownFromItsConnectOn) {
  ASSERT_TRUE(traces.start(1, {"meter-7", "", ""}, {10, 10'000, far}));
  see("", seen_of(connect));
  traces.note_event({"meter-7", TENON_PEER_IPV4, home, 1}, "closed: gone", 12);
  EXPECT_EQ(texts(1).size(), 2u);
  EXPECT_EQ(texts(1)[1], "meter-7: closed: gone");
}

TEST_F(TracesTest, ATraceEndsAtEachOfItsLimits) {
  ASSERT_TRUE(traces.start(1, {"c", "", ""}, {2, 10'000, far}));
  ASSERT_TRUE(traces.start(2, {"c", "", ""}, {10, 250, far}));
  ASSERT_TRUE(traces.start(3, {"c", "", ""}, {10, 10'000, 15}));
  EXPECT_TRUE(traces.is_on());
  for (const UnixMs now : {10, 11, 12, 20}) see("c", publish("a"), now);
  EXPECT_EQ(state(1), TraceState::lines_full);
  EXPECT_EQ(texts(1).size(), 2u);
  EXPECT_EQ(state(2), TraceState::bytes_full);
  EXPECT_LE(traces.read(2, 0, 10)->byte_count, 250u);
  EXPECT_EQ(state(3), TraceState::time_over);
  EXPECT_EQ(texts(3).size(), 3u);
  EXPECT_FALSE(traces.is_on());
}

TEST_F(TracesTest, ATraceThatNobodyFillsEndsWithItsTime) {
  ASSERT_TRUE(traces.start(1, {"c", "", ""}, {2, 10'000, 100}));
  traces.tick(99);
  EXPECT_TRUE(traces.is_on());
  traces.tick(100);
  EXPECT_FALSE(traces.is_on());
  EXPECT_EQ(state(1), TraceState::time_over);
}

TEST_F(TracesTest, ATraceIsReadPartByPart) {
  ASSERT_TRUE(traces.start(1, {"c", "", ""}, {10, 10'000, far}));
  for (int i = 0; i < 5; ++i) see("c", publish("t" + std::to_string(i)));
  const auto first = traces.read(1, 0, 2);
  EXPECT_EQ(first->lines.size(), 2u);
  EXPECT_EQ(first->line_count, 5u);
  const auto rest = traces.read(1, first->next, 100);
  EXPECT_EQ(rest->lines.size(), 3u);
  EXPECT_EQ(rest->next, 5u);
  EXPECT_TRUE(traces.read(1, 99, 10)->lines.empty());
  EXPECT_FALSE(traces.read(7, 0, 10));
  EXPECT_TRUE(traces.stop(1));
  EXPECT_EQ(state(1), TraceState::stopped);
  EXPECT_FALSE(traces.stop(7));
}

TEST_F(TracesTest, ThereAreNoMoreTracesThanMayBe) {
  for (std::uint64_t id = 1; id <= Traces::count_max; ++id)
    ASSERT_TRUE(traces.start(id, {"c", "", ""}, {10, 10'000, far}));
  EXPECT_FALSE(traces.start(99, {"c", "", ""}, {10, 10'000, far}));
  traces.stop(3);
  EXPECT_TRUE(traces.start(99, {"c", "", ""}, {10, 10'000, far}));
  EXPECT_FALSE(traces.read(3, 0, 1)) << "what is over makes way";
  EXPECT_TRUE(traces.read(1, 0, 1));
}

}  // namespace
}  // namespace tenon::broker
