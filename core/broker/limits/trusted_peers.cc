#include "broker/limits/trusted_peers.h"

#include <arpa/inet.h>
#include <tenon/draft/transport.h>

#include <algorithm>
#include <charconv>

namespace tenon::broker {

namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr unsigned mapped_bits = 96;

Address mapped(const std::uint8_t* ipv4) {
  Address address{};
  address[10] = address[11] = 0xFF;
  std::copy_n(ipv4, 4, address.begin() + 12);
  return address;
}

bool begins_alike(const Address& a, const Address& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

bool TrustedPeers::parse_one(std::string_view text, TrustedPeers& ret_peers) {
  if (text == "unix") return ret_peers.unix_ = true;
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  Network network;
  std::uint8_t ipv4[4];
  const bool is_ipv4 = inet_pton(AF_INET, host.c_str(), ipv4) == 1;
  if (is_ipv4)
    network.addr = mapped(ipv4);
  else if (inet_pton(AF_INET6, host.c_str(), network.addr.data()) != 1)
    return false;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), network.bits);
    const unsigned bits_max = is_ipv4 ? 32 : 128;
    if (failed != std::errc() || end != digits.data() + digits.size() || network.bits > bits_max)
      return false;
    if (is_ipv4) network.bits += mapped_bits;
  }
  ret_peers.networks_.push_back(network);
  return true;
}

std::optional<TrustedPeers> TrustedPeers::parse(const std::vector<std::string>& texts,
                                                std::string* ret_wrong) {
  TrustedPeers peers;
  for (const std::string& text : texts)
    if (!parse_one(text, peers)) {
      *ret_wrong = text;
      return std::nullopt;
    }
  return peers;
}

bool TrustedPeers::has(std::uint32_t family, const std::uint8_t (&addr)[16]) const {
  if (family == TENON_PEER_UNIX) return unix_;
  Address address{};
  if (family == TENON_PEER_IPV4)
    address = mapped(addr);
  else if (family == TENON_PEER_IPV6)
    std::copy(std::begin(addr), std::end(addr), address.begin());
  else
    return false;
  return std::ranges::any_of(
      networks_, [&](const Network& network) { return begins_alike(network.addr, address, network.bits); });
}

}  // namespace tenon::broker
