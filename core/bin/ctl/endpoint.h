#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// Where a broker's API listens.
struct Endpoint {
  enum class Kind : std::uint8_t { unix_socket, tcp };
  Kind kind = Kind::unix_socket;
  std::string path;  // unix_socket: absolute
  std::string host;  // tcp: a name or an address, without brackets
  std::string port;  // tcp: decimal

  // "unix:/run/api.sock", "http://[::1]:9883"
  std::string to_string() const;
  // tcp: "127.0.0.1:9883", the value of a Host field; unix_socket: "localhost"
  std::string authority() const;
  // A tcp endpoint that is this machine by its text: 127.0.0.0/8, ::1 or localhost.
  bool is_loopback() const;
};

inline constexpr std::string_view default_api_port = "9883";

// Reads "unix:/path" or "http://host[:port]". Failure: invalid, with an example of what is right.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace tenon::ctl
