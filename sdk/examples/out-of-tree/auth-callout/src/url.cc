// SPDX-License-Identifier: 0BSD
#include "url.h"

#include <algorithm>
#include <string_view>

#include <tenon/failure.hpp>

namespace acme {
namespace {

constexpr std::string_view scheme = "http://";

[[noreturn]] void refuse(const std::string& text) {
  throw tenon::sdk::Failure(TENON_E_INVALID, "option \"url\" must be http://HOST[:PORT][/PATH]; it is \"" +
                                                 text.substr(0, 100) + "\"");
}

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Url parse_url(const std::string& text) {
  if (!text.starts_with(scheme) || !is_plain(text)) refuse(text);
  Url url;
  const std::size_t slash = text.find('/', scheme.size());
  url.authority = text.substr(scheme.size(), slash == text.npos ? text.npos : slash - scheme.size());
  if (slash != text.npos) url.path = text.substr(slash);
  std::size_t host_end = url.authority.find(':');
  if (url.authority.starts_with('[')) {
    host_end = url.authority.find(']');
    if (host_end == text.npos) refuse(text);
    url.host = url.authority.substr(1, host_end - 1);
    ++host_end;
  } else {
    url.host = url.authority.substr(0, host_end);
  }
  if (host_end < url.authority.size()) {
    if (url.authority[host_end] != ':') refuse(text);
    url.port = url.authority.substr(host_end + 1);
  }
  const bool has_port =
      !url.port.empty() && url.port.size() <= 5 &&
      std::all_of(url.port.begin(), url.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (url.host.empty() || !has_port) refuse(text);
  return url;
}

}  // namespace acme
