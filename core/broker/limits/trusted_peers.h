#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::broker {

// Addresses, networks and unix sockets that are believed what they say of others. Pure.
class TrustedPeers {
 public:
  // Each "unix", an IPv4 or IPv6 address, or one with "/BITS". Empty: the first one that is none of these is
  // in *ret_wrong.
  static std::optional<TrustedPeers> parse(const std::vector<std::string>& texts, std::string* ret_wrong);

  // `family` is one of TENON_PEER_*, `addr` in network byte order. An IPv4 address in IPv6 is the IPv4
  // address.
  bool has(std::uint32_t family, const std::uint8_t (&addr)[16]) const;

 private:
  struct Network {
    std::array<std::uint8_t, 16> addr{};  // IPv4 as ::ffff:a.b.c.d
    unsigned bits = 128;
  };
  static bool parse_one(std::string_view text, TrustedPeers& ret_peers);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace tenon::broker
