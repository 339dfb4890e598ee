#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace tenon::cluster {

// Where a node can be reached. `host` is an IPv4 or IPv6 address without brackets, or a name.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  // "host:port" or "[v6]:port".
  std::string text() const {
    const bool bracket = host.find(':') != std::string::npos;
    return (bracket ? "[" + host + "]:" : host + ":") + std::to_string(port);
  }
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace tenon::cluster
