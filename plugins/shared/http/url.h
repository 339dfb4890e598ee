#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon::http {

// Where the service is. Pure.
struct Url {
  bool is_tls = false;
  std::string host;  // IPv6 without brackets
  std::string port;  // decimal
  std::string path;  // with its query, from '/' on

  // As the field Host of a request says it.
  std::string authority() const;
};

// "http://" or "https://", host, ":port" or none, path or none. Empty: it is none, or holds user names,
// fragments, blanks or control characters.
std::optional<Url> parse_url(std::string_view text);

}  // namespace tenon::http
