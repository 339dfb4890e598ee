// SPDX-License-Identifier: 0BSD
#include "login.h"

namespace acme {
namespace {

namespace sdk = tenon::sdk;

// `text` is UTF-8, which the broker has made sure of.
std::string quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      json += "\\u00";
      json += digits[static_cast<unsigned char>(c) >> 4];
      json += digits[static_cast<unsigned char>(c) & 15];
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string base64(sdk::Bytes bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j <= bytes.size() ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace

std::string describe(const sdk::AuthRequest& request) {
  std::string json =
      "{\"client_id\": " + quoted(request.client_id()) + ", \"listener\": " + quoted(request.listener());
  if (const auto name = request.username()) json += ", \"username\": " + quoted(*name);
  if (const auto password = request.password())
    json += ", \"password_base64\": \"" + base64(*password) + "\"";
  return json + "}";
}

}  // namespace acme
