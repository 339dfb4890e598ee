#include "shared/http/url.h"

#include <algorithm>

namespace tenon::http {

namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(text)) >= 1 && std::stoi(std::string(text)) <= 65535;
}

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (is_tls ? "443" : "80") ? name : name + ":" + port;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://"))
    url.is_tls = true;
  else if (!text.starts_with("http://"))
    return std::nullopt;
  text.remove_prefix(url.is_tls ? 8 : 7);
  if (!is_clean(text) || text.find_first_of("#@\\") != std::string_view::npos) return std::nullopt;
  const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, slash);
  url.path = text.substr(slash);
  if (!url.path.starts_with('/')) url.path.insert(url.path.begin(), '/');
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  url.port = url.is_tls ? "443" : "80";
  if (!authority.empty()) {
    if (!authority.starts_with(':') || !is_port(authority.substr(1))) return std::nullopt;
    url.port = authority.substr(1);
  }
  if (url.host.empty()) return std::nullopt;
  return url;
}

}  // namespace tenon::http
