#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::runtime {

// What the system's resolver knows of a name.
struct FoundAddress {
  std::string host;  // an IPv4 or IPv6 address
  std::uint16_t port = 0;

  friend auto operator<=>(const FoundAddress&, const FoundAddress&) = default;
};

// Whether this is an IPv4 or IPv6 address, which needs no lookup.
bool is_numeric_address(const std::string& host);

// Whether a name has its ports in the DNS, too: "_tenon._tcp.example.org", as no host is called.
inline bool is_service_name(std::string_view name) {
  return name.starts_with('_');
}

// The addresses of a host, each with `port`; or, of a service name, those of all targets of its SRV records,
// each with its own port. Sorted, none twice. Failure: the name has none, or nobody answers; the text says
// which.
//
// Blocks for as long as the system's resolver does; not on a worker. Any thread.
Result<std::vector<FoundAddress>> look_up(const std::string& name, std::uint16_t port);

}  // namespace tenon::runtime
