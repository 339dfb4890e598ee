#include "stack/peer_text.h"

#include <arpa/inet.h>
#include <tenon/draft/transport.h>

#include <algorithm>

namespace tenon::stack {

std::string peer_text(std::uint32_t family, const std::array<std::uint8_t, 16>& addr, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family == TENON_PEER_IPV4) {
    inet_ntop(AF_INET, addr.data(), text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(port);
  }
  if (family == TENON_PEER_IPV6) {
    inet_ntop(AF_INET6, addr.data(), text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(port);
  }
  return family == TENON_PEER_UNIX ? "unix" : "unknown";
}

bool is_loopback(std::uint32_t family, const std::array<std::uint8_t, 16>& addr) {
  if (family == TENON_PEER_UNIX) return true;
  if (family == TENON_PEER_IPV4) return addr[0] == 127;
  if (family != TENON_PEER_IPV6) return false;
  constexpr std::array<std::uint8_t, 16> one = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 13> mapped_127 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return addr == one || std::equal(mapped_127.begin(), mapped_127.end(), addr.begin());
}

}  // namespace tenon::stack
