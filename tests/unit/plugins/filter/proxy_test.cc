#include <gtest/gtest.h>

#include "proxy_filter.h"
#include "support/filter_rig.h"

namespace tenon::filter_proxy {
namespace {

using test::FilterRig;
using namespace std::string_literals;

// ATTACK-24: headers that lie about their length or form end the link.

const std::string binary_mark = "\r\n\r\n\0\r\nQUIT\n"s;

struct Outcome {
  tenon_status status = TENON_OK;
  std::unique_ptr<FilterRig> rig = std::make_unique<FilterRig>();
};

Outcome run(const std::string& input, std::size_t step = SIZE_MAX) {
  const sdk::Metric none;
  Outcome outcome;
  ProxyConn conn(outcome.rig->link(), none, none);
  outcome.status = outcome.rig->feed(conn, input, step);
  return outcome;
}

std::string ipv4_binary(std::string_view more = "") {
  return binary_mark + "\x21\x11"s + '\0' + static_cast<char>(12 + more.size()) + "\xC0\x00\x02\x07"s +
         "\x0A\x00\x00\x01"s + "\x1F\x90"s + "\x22\xB3"s + std::string(more);
}

TEST(ProxyHeader, TextNamesAnIpv4Peer) {
  const auto got = run("PROXY TCP4 192.0.2.7 10.0.0.1 8080 8883\r\nrest");
  EXPECT_EQ(got.status, TENON_OK);
  EXPECT_EQ(got.rig->up, "rest");
  EXPECT_EQ(got.rig->ready_count, 1);
  EXPECT_TRUE(got.rig->is_aside);
  EXPECT_EQ(got.rig->peer.family, TENON_PEER_IPV4);
  EXPECT_EQ(got.rig->peer.addr[0], 192);
  EXPECT_EQ(got.rig->peer.addr[3], 7);
  EXPECT_EQ(got.rig->peer.port, 8080u);
  EXPECT_EQ(got.rig->peer.local_port, 8883u);
}

TEST(ProxyHeader, TextNamesAnIpv6Peer) {
  const auto got = run("PROXY TCP6 2001:db8::7 ::1 1 65535\r\n");
  EXPECT_EQ(got.rig->peer.family, TENON_PEER_IPV6);
  EXPECT_EQ(got.rig->peer.addr[15], 7);
}

TEST(ProxyHeader, AMappedIpv4AddressIsOneOfIpv4) {
  const std::string mapped = std::string(10, '\0') + "\xFF\xFF\xC0\x00\x02\x07"s;
  const std::string binary = binary_mark + "\x21\x21\x00\x24"s + mapped + mapped + "\x1F\x90\x22\xB3"s;
  for (const std::string& input : {"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:10.0.0.1 8080 8883\r\n"s, binary}) {
    const auto got = run(input);
    EXPECT_EQ(got.rig->peer.family, TENON_PEER_IPV4);
    EXPECT_EQ(got.rig->peer.addr[0], 192);
    EXPECT_EQ(got.rig->peer.addr[3], 7);
    EXPECT_EQ(got.rig->peer.addr[15], 0);
    EXPECT_EQ(got.rig->peer.port, 8080u);
  }
}

TEST(ProxyHeader, BinaryNamesAPeerAndExtensionsAreSkipped) {
  const auto got = run(ipv4_binary("\x04\x00\x01x"s) + "rest");
  EXPECT_EQ(got.rig->up, "rest");
  EXPECT_EQ(got.rig->peer.addr[3], 7);
  EXPECT_EQ(got.rig->peer.port, 8080u);
  EXPECT_EQ(got.rig->peer.local_port, 8883u);
}

TEST(ProxyHeader, WithoutAnAddressThePeerStays) {
  for (const std::string& header : {"PROXY UNKNOWN\r\n"s, "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"s,
                                    binary_mark + "\x20\x00\x00\x00"s, binary_mark + "\x21\x00\x00\x00"s}) {
    const auto got = run(header + "rest");
    EXPECT_EQ(got.status, TENON_OK) << header;
    EXPECT_EQ(got.rig->peer.struct_size, 0u) << header;
    EXPECT_EQ(got.rig->up, "rest") << header;
  }
}

TEST(ProxyHeader, AnySplitGivesTheSame) {
  for (const std::string& header : {"PROXY TCP4 192.0.2.7 10.0.0.1 8080 8883\r\n"s, ipv4_binary()})
    for (std::size_t step = 1; step < header.size(); ++step) {
      const auto got = run(header + "rest", step);
      EXPECT_EQ(got.status, TENON_OK);
      EXPECT_EQ(got.rig->up, "rest") << step;
      EXPECT_EQ(got.rig->peer.port, 8080u) << step;
    }
}

TEST(ProxyHeader, WhatIsNoHeaderIsRefused) {
  const std::string wrong[] = {
      "\x10\x0C\x00\x04MQTT"s,
      "GET / HTTP/1.1\r\n",
      "PROXY\r\n",
      "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
      "PROXY TCP4 ::1 1.2.3.4 1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
      "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
      "PROXY TCP4 " + std::string(200, 'x') + "\r\n",
      binary_mark + "\x31\x11\x00\x0C"s,
      binary_mark + "\x22\x11\x00\x0C"s,
      binary_mark + "\x21\x41\x00\x00"s,
      binary_mark + "\x21\x11\x00\x0B"s + std::string(11, 'a'),
      binary_mark + "\x21\x21\x00\x23"s + std::string(35, 'a'),
      binary_mark + "\x21\x31\x00\x10"s + std::string(16, 'a'),
      binary_mark + "\x21\x11\xFF\xFF"s,
  };
  for (const std::string& input : wrong)
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
      const auto got = run(input, step);
      EXPECT_EQ(got.status, TENON_E_INVALID) << input;
      EXPECT_EQ(got.rig->ready_count, 0) << input;
      EXPECT_EQ(got.rig->up, "") << input;
      EXPECT_NE(got.rig->reason, "") << input;
    }
}

TEST(ProxyHeader, WhatIsNotTakenAboveWaits) {
  const sdk::Metric none;
  FilterRig rig;
  rig.space_bytes = 4;
  rig.room_bytes = 3;
  ProxyConn conn(rig.link(), none, none);
  EXPECT_EQ(rig.feed(conn, "PROXY UNKNOWN\r\n" + std::string(100, 'x')), TENON_OK);
  EXPECT_GT(rig.again_count, 1);
  EXPECT_EQ(rig.up, std::string(100, 'x'));
}

}  // namespace
}  // namespace tenon::filter_proxy
