#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/draft/transport.h>

namespace tenon::transport_tcp {

// Where a socket listens or connects to: IPv4, IPv6 or a path.
class Address {
 public:
  Address() = default;
  // REQUIRES: `len` is at most the size of any of the three kinds.
  Address(const sockaddr* address, socklen_t len);

  const sockaddr* get() const { return &any_; }
  socklen_t size() const { return len_; }
  int family() const { return any_.sa_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  std::string unix_path() const { return unix_.sun_path; }

  // 0 for a path.
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

  // "127.0.0.1 port 1883", "::1 port 1883" or the path; for error texts.
  std::string text() const;

  // The other end of a link, as the host wants it. An IPv4 client of a socket for both families counts as
  // IPv4.
  void describe(tenon_peer_info& peer) const;

 private:
  union {
    sockaddr any_{};
    sockaddr_in v4_;
    sockaddr_in6 v6_;
    sockaddr_un unix_;
  };
  socklen_t len_ = 0;
};

constexpr std::string_view unix_prefix = "unix:";

// "unix:/path". Throws a Failure when the path is not absolute or too long for a socket.
Address unix_address(std::string_view text);

// "127.0.0.1", "::1", "[::1]" or "fe80::1%eth0"; empty for anything else. Never blocks.
std::optional<Address> numeric_address(std::string_view text, std::uint16_t port);

// The addresses of a name, in the system's order of preference. Throws a Failure when there are none. May
// block.
std::vector<Address> resolve_name(std::string_view name, std::uint16_t port);

}  // namespace tenon::transport_tcp
