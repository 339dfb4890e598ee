#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include <tenon/failure.hpp>

namespace tenon::transport_tcp {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// The list of getaddrinfo, or its error code.
int look_up(const std::string& name, std::uint16_t port, int flags, AddressList& result) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
  result.reset(found);
  return failed;
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t len) : len_(len) {
  std::memcpy(&any_, address, len);
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(v4_.sin_port);
  if (family() == AF_INET6) return ntohs(v6_.sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) v4_.sin_port = htons(port);
  if (family() == AF_INET6) v6_.sin6_port = htons(port);
}

std::string Address::text() const {
  if (is_unix()) return unix_path();
  char host[NI_MAXHOST] = "?";
  ::getnameinfo(get(), size(), host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return std::string(host) + " port " + std::to_string(port());
}

void Address::describe(tenon_peer_info& peer) const {
  if (family() == AF_INET) {
    peer.family = TENON_PEER_IPV4;
    std::memcpy(peer.addr, &v4_.sin_addr, 4);
  } else if (family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6_.sin6_addr)) {
    peer.family = TENON_PEER_IPV4;
    std::memcpy(peer.addr, v6_.sin6_addr.s6_addr + 12, 4);
  } else if (family() == AF_INET6) {
    peer.family = TENON_PEER_IPV6;
    std::memcpy(peer.addr, &v6_.sin6_addr, 16);
  } else {
    peer.family = TENON_PEER_UNIX;
  }
  peer.port = port();
}

Address unix_address(std::string_view text) {
  const std::string path(text.substr(unix_prefix.size()));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path[0] != '/' || has_nul(path)) {
    throw sdk::Failure(TENON_E_ADDRESS, "the path of a unix socket must be absolute: \"unix:" + path + "\"");
  }
  if (path.size() >= sizeof address.sun_path) {
    throw sdk::Failure(TENON_E_ADDRESS, "the path of a unix socket may have " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " bytes at most: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto len = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return Address(reinterpret_cast<const sockaddr*>(&address), len);
}

std::optional<Address> numeric_address(std::string_view text, std::uint16_t port) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (text.empty() || has_nul(text)) return std::nullopt;
  AddressList found(nullptr, ::freeaddrinfo);
  if (look_up(std::string(text), port, AI_NUMERICHOST, found) != 0) return std::nullopt;
  return Address(found->ai_addr, found->ai_addrlen);
}

std::vector<Address> resolve_name(std::string_view name, std::uint16_t port) {
  AddressList found(nullptr, ::freeaddrinfo);
  const std::string text(name);
  const int failed = text.empty() || has_nul(name) ? EAI_NONAME : look_up(text, port, 0, found);
  if (failed != 0) {
    throw sdk::Failure(TENON_E_ADDRESS,
                       "cannot find the address of \"" + text + "\": " + ::gai_strerror(failed));
  }
  std::vector<Address> addresses;
  for (const addrinfo* at = found.get(); at; at = at->ai_next)
    addresses.emplace_back(at->ai_addr, at->ai_addrlen);
  return addresses;
}

}  // namespace tenon::transport_tcp
