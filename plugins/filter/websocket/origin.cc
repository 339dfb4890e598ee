#include "origin.h"

#include <algorithm>
#include <charconv>

namespace tenon::filter_websocket {
namespace {

bool is_alpha(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_one_of(char c, std::string_view others) {
  return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
}

bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return is_one_of(c, others); });
}

bool is_scheme(std::string_view text) {
  return consists_of(text, "+-.") && is_alpha(text.front());
}

bool is_port(std::string_view text) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end && number >= 1 && number <= 65535;
}

// A name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text) {
  if (!text.starts_with('[')) return consists_of(text, "-._");
  return text.ends_with(']') && consists_of(text.substr(1, text.size() - 2), ":.");
}

}  // namespace

bool is_origin(std::string_view text) {
  if (text == "null" || text == "file://") return true;
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos || !is_scheme(text.substr(0, mark))) return false;
  const std::string_view place = text.substr(mark + 3);
  const std::size_t host_end =
      place.find(':', place.starts_with('[') ? std::min(place.find(']'), place.size()) : 0);
  if (host_end == std::string_view::npos) return is_host(place);
  return is_host(place.substr(0, host_end)) && is_port(place.substr(host_end + 1));
}

}  // namespace tenon::filter_websocket
