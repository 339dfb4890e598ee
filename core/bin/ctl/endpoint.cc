#include "bin/ctl/endpoint.h"

#include <charconv>

namespace tenon::ctl {

namespace {

Error malformed(std::string_view text) {
  return {Errc::invalid, "\"" + std::string(text) +
                             "\" is no endpoint; write unix:/path/to/api.sock or http://127.0.0.1:9883"};
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65535;
}

// What stands in a URL between "//" and the path.
bool read_authority(std::string_view text, Endpoint& endpoint) {
  std::string_view after_host;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    endpoint.host = text.substr(1, close - 1);
    after_host = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    after_host = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (endpoint.host.empty() || endpoint.host.find_first_of("/@ []") != std::string::npos) return false;
  endpoint.port = default_api_port;
  if (after_host.empty()) return true;
  endpoint.port = after_host.substr(1);
  return after_host.front() == ':' && is_port(endpoint.port);
}

}  // namespace

std::string Endpoint::authority() const {
  if (kind == Kind::unix_socket) return "localhost";
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

std::string Endpoint::to_string() const {
  return kind == Kind::unix_socket ? "unix:" + path : "http://" + authority();
}

bool Endpoint::is_loopback() const {
  if (kind != Kind::tcp) return false;
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  constexpr std::string_view http_prefix = "http://";
  Endpoint endpoint;
  if (text.starts_with(unix_prefix)) {
    endpoint.path = text.substr(unix_prefix.size());
    if (!endpoint.path.starts_with('/')) return malformed(text);
    return endpoint;
  }
  if (!text.starts_with(http_prefix)) return malformed(text);
  std::string_view authority = text.substr(http_prefix.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  endpoint.kind = Endpoint::Kind::tcp;
  if (!read_authority(authority, endpoint)) return malformed(text);
  return endpoint;
}

}  // namespace tenon::ctl
