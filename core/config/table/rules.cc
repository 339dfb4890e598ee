#include "config/table/rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text/tenant_topic.h"
#include "base/text/topic_syntax.h"
#include "base/text/utf8.h"
#include "base/unseen_user.h"
#include "config/table/path.h"

namespace tenon::config {
namespace {

constexpr std::size_t host_bytes_max = 253;       // RFC 1035 section 2.3.4, without the final dot
constexpr std::size_t label_bytes_max = 63;       // the same
constexpr std::size_t unix_path_bytes_max = 107;  // sun_path of sockaddr_un, without its NUL
constexpr std::size_t topic_start_bytes_max = 1024;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_address(int family, std::string_view text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, std::string(text).c_str(), address) == 1;
}

bool is_ipv6(std::string_view text) {
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos && zone + 1 == text.size()) return false;
  return is_address(AF_INET6, text.substr(0, zone));
}

bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= label_bytes_max && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, allowed);
}

bool is_host_name(std::string_view name) {
  if (name.size() > host_bytes_max) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_absolute_path(std::string_view text) {
  return text.starts_with('/');
}

bool is_bind(std::string_view text) {
  constexpr std::string_view scheme = "unix:";
  if (!text.starts_with(scheme)) return is_host(text);
  const std::string_view path = text.substr(scheme.size());
  return is_absolute_path(path) && path.size() <= unix_path_bytes_max;
}

bool is_module_file(std::string_view text) {
  if (is_absolute_path(text)) return true;
  return !text.empty() && text != "." && text != ".." && text.find('/') == std::string_view::npos;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_network(std::string_view text) {
  if (text == "unix") return true;
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const bool is_ipv4 = is_address(AF_INET, host);
  if (!is_ipv4 && !is_address(AF_INET6, host)) return false;
  if (slash == std::string_view::npos) return true;
  unsigned bits = 0;
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data() + slash + 1, last, bits);
  return code == std::errc{} && end == last && bits <= (is_ipv4 ? 32u : 128u);
}

bool is_endpoint(std::string_view text) {
  Endpoint ignored;
  return parse_endpoint(text, &ignored);
}

bool text_keeps(Rule rule, std::string_view text) {
  switch (rule) {
    case Rule::bind:
      return is_bind(text);
    case Rule::host:
      return is_host(text);
    case Rule::host_or_none:
      return text.empty() || is_host(text);
    case Rule::endpoint:
      return text.empty() || is_endpoint(text);
    case Rule::absolute_path:
      return is_absolute_path(text);
    case Rule::module_file:
      return is_module_file(text);
    case Rule::non_empty:
      return !text.empty();
    case Rule::network:
      return is_network(text);
    case Rule::tenant:
      return is_tenant_name(text);
    case Rule::name:
      return is_valid_name(text);
    case Rule::topic_start:
      return text.empty() ||
             (text.size() <= topic_start_bytes_max && is_topic_name(text) && is_well_formed_text(text));
    case Rule::none:
    case Rule::odd:
    case Rule::seen_user:
      break;
  }
  return true;
}

}  // namespace

std::string_view words_of(Rule rule) {
  switch (rule) {
    case Rule::non_empty:
      return "not empty";
    case Rule::bind:
      return "an IPv4 or IPv6 address (without brackets), a host name, or unix:/absolute/path";
    case Rule::host:
      return "an IPv4 or IPv6 address (without brackets) or a host name";
    case Rule::host_or_none:
      return "an IPv4 or IPv6 address (without brackets), a host name, or nothing";
    case Rule::endpoint:
      return "host, host:port or [IPv6 address]:port";
    case Rule::absolute_path:
      return "absolute, starting with /";
    case Rule::module_file:
      return "a file name without /, or an absolute path";
    case Rule::odd:
      return "odd";
    case Rule::network:
      return "an IPv4 or IPv6 address, one with /BITS, or unix";
    case Rule::tenant:
      return "one level of a topic without wildcards, not beginning with $";
    case Rule::name:
      return "1 to 64 of a-z, A-Z, 0-9, - and _, starting with a letter or a digit";
    case Rule::topic_start:
      return "at most 1024 bytes that a topic name can begin with, without wildcards, or empty";
    case Rule::seen_user:
      return "none of them 65534, which stands for every user that can't be seen";
    case Rule::none:
      break;
  }
  return {};
}

const Value* rule_fault(const Value& value, Rule rule) {
  if (rule == Rule::odd) return value.integer % 2 != 0 ? nullptr : &value;
  if (value.kind == Kind::string) return text_keeps(rule, value.text) ? nullptr : &value;
  if (rule == Rule::non_empty && value.items.empty()) return &value;
  for (const Value& item : value.items)
    if (rule == Rule::seen_user ? item.integer == unseen_user : !text_keeps(rule, item.text)) return &item;
  return nullptr;
}

bool is_host(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return is_ipv6(text);
  // What looks like an IPv4 address must be one: 1.2.3.400 is no host name.
  const bool numeric = std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  return numeric ? is_address(AF_INET, text) : is_host_name(text);
}

bool parse_endpoint(std::string_view text, Endpoint* ret_endpoint) {
  Endpoint endpoint{text, {}};
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    endpoint = {text.substr(1, close - 1), text.substr(close + 1)};
    if (!is_ipv6(endpoint.host)) return false;
  } else if (std::ranges::count(text, ':') == 1) {
    const std::size_t colon = text.find(':');
    endpoint = {text.substr(0, colon), text.substr(colon)};
  }
  if (!endpoint.port.empty()) {
    if (!endpoint.port.starts_with(':') || !is_port(endpoint.port.substr(1))) return false;
    endpoint.port.remove_prefix(1);
  }
  if (!is_host(endpoint.host)) return false;
  *ret_endpoint = endpoint;
  return true;
}

}  // namespace tenon::config
