// SPDX-License-Identifier: 0BSD
#pragma once

#include <string>

namespace acme {

// http://HOST[:PORT][/PATH], with an IPv6 address in brackets.
struct Url {
  std::string host;
  std::string port = "80";
  std::string path = "/";
  std::string authority;  // host and port as they were given
};

// Throws a Failure with TENON_E_INVALID that says what is wrong.
Url parse_url(const std::string& text);

}  // namespace acme
