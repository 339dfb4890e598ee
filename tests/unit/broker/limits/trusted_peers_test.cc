#include "broker/limits/trusted_peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

namespace tenon::broker {
namespace {

bool has(const TrustedPeers& peers, const char* address) {
  std::uint8_t addr[16] = {};
  if (inet_pton(AF_INET, address, addr) == 1) return peers.has(TENON_PEER_IPV4, addr);
  EXPECT_EQ(inet_pton(AF_INET6, address, addr), 1);
  return peers.has(TENON_PEER_IPV6, addr);
}

TrustedPeers parse(const std::vector<std::string>& texts) {
  std::string wrong;
  auto peers = TrustedPeers::parse(texts, &wrong);
  EXPECT_TRUE(peers.has_value()) << wrong;
  return peers.value_or(TrustedPeers{});
}

// ATTACK-24: only a proxy that is named may say who a peer is.
TEST(TrustedPeers, NetworksHaveTheirOwnAddressesAlone) {
  const TrustedPeers peers = parse({"10.1.0.0/16", "192.0.2.7", "2001:db8::/33", "127.0.0.0/8"});
  for (const char* good :
       {"10.1.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:7fff::1", "127.8.8.8", "::ffff:10.1.2.3"})
    EXPECT_TRUE(has(peers, good)) << good;
  for (const char* bad : {"10.0.255.255", "10.2.0.0", "192.0.2.6", "2001:db8:8000::1", "::1", "::10.1.2.3"})
    EXPECT_FALSE(has(peers, bad)) << bad;
}

TEST(TrustedPeers, EmptyListHasNobodyAndUnixIsNamed) {
  const std::uint8_t none[16] = {};
  EXPECT_FALSE(has(parse({}), "127.0.0.1"));
  EXPECT_FALSE(parse({"0.0.0.0/0", "::/0"}).has(TENON_PEER_UNIX, none));
  EXPECT_TRUE(parse({"unix"}).has(TENON_PEER_UNIX, none));
  EXPECT_TRUE(has(parse({"::/0"}), "2001:db8::1"));
}

TEST(TrustedPeers, WhatIsNoNetworkIsNamed) {
  for (const char* bad :
       {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "1.2.3", "/8"}) {
    std::string wrong;
    EXPECT_FALSE(TrustedPeers::parse({"10.0.0.1", bad}, &wrong).has_value()) << bad;
    EXPECT_EQ(wrong, bad);
  }
}

}  // namespace
}  // namespace tenon::broker
