#include "admin/peer_trust.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::admin {
namespace {

PeerTrust trust(std::vector<std::uint8_t> address) {
  return trust_of_ip_peer(address);
}

TEST(PeerTrust, LoopbackIsAllOf127AndTheOneOfIpv6) {
  EXPECT_EQ(trust({127, 0, 0, 1}), PeerTrust::loopback);
  EXPECT_EQ(trust({127, 255, 1, 2}), PeerTrust::loopback);
  EXPECT_EQ(trust({128, 0, 0, 1}), PeerTrust::remote);
  EXPECT_EQ(trust({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), PeerTrust::loopback);
  EXPECT_EQ(trust({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}), PeerTrust::remote);
  EXPECT_EQ(trust({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1}), PeerTrust::loopback);
  EXPECT_EQ(trust({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1}), PeerTrust::remote);
  EXPECT_EQ(trust({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1}), PeerTrust::remote);
  EXPECT_EQ(trust({}), PeerTrust::remote);
  EXPECT_EQ(trust({127}), PeerTrust::remote);
}

TEST(PeerTrust, ThroughTheUnixSocketRootAndTheBrokersUserAreOwners) {
  constexpr std::uint32_t broker = 990;
  EXPECT_EQ(trust_of_unix_peer(0, broker), PeerTrust::owner);
  EXPECT_EQ(trust_of_unix_peer(990, broker), PeerTrust::owner);
  EXPECT_EQ(trust_of_unix_peer(1000, broker), PeerTrust::loopback);
  EXPECT_EQ(trust_of_unix_peer(-1, broker), PeerTrust::loopback);
  EXPECT_EQ(trust_of_unix_peer(-1, UINT32_MAX), PeerTrust::loopback);
}

}  // namespace
}  // namespace tenon::admin
