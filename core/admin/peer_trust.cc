#include "admin/peer_trust.h"

#include <algorithm>
#include <array>

namespace tenon::admin {

namespace {

constexpr std::uint8_t ipv4_loopback_net = 127;  // 127.0.0.0/8
constexpr std::array<std::uint8_t, 12> ipv4_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::array<std::uint8_t, 16> ipv6_loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

bool is_loopback(Bytes address) {
  if (address.size() == 4) return address[0] == ipv4_loopback_net;
  if (address.size() != 16) return false;
  if (std::ranges::equal(address, ipv6_loopback)) return true;
  return std::ranges::equal(address.first(12), ipv4_mapped) && address[12] == ipv4_loopback_net;
}

}  // namespace

PeerTrust trust_of_ip_peer(Bytes address) {
  return is_loopback(address) ? PeerTrust::loopback : PeerTrust::remote;
}

PeerTrust trust_of_unix_peer(std::int64_t peer_uid, std::uint32_t own_uid) {
  return peer_uid == 0 || peer_uid == std::int64_t{own_uid} ? PeerTrust::owner : PeerTrust::loopback;
}

}  // namespace tenon::admin
