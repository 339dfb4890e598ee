#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/engine/file_descriptor.h"

namespace tenon::load {

// Where the broker listens.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;

  int family() const { return address.ss_family; }
};

// Resolves a name, an IPv4 or IPv6 address, or "unix:/path". Throws std::runtime_error naming the host.
Endpoint resolve_endpoint(const std::string& host, std::uint16_t port);

// Local IPv4 addresses from which links connect in turn, so that more links than one address has ports fit.
// Text: addresses and ranges, "127.0.0.1,127.0.0.10-127.0.0.20". Throws std::runtime_error naming the bad
// part.
std::vector<in_addr> parse_source_addresses(std::string_view text);

// Starts a non-blocking connect with TCP_NODELAY, from `source` unless null. Failure: empty, and errno says
// why. Success may mean that the connect is still under way; the socket turns writable when it is decided.
FileDescriptor start_connect(const Endpoint& to, const in_addr* source);

// Raises the soft limit of open files to at least `count`, and the hard limit where allowed. Throws
// std::runtime_error saying what limit there is.
void ensure_file_limit(std::uint64_t count);

}  // namespace tenon::load
