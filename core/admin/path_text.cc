#include "admin/path_text.h"

#include <algorithm>
#include <charconv>

namespace tenon::admin {

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Two hexadecimal digits at the start of `text`; negative: there are none.
int byte_of(std::string_view text) {
  if (text.size() < 2) return -1;
  const int high = digit_of(text[0]);
  const int low = digit_of(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

Error wrong(std::string text) {
  return {Errc::invalid, std::move(text)};
}

std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out.empty() ? "none" : out;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int byte = byte_of(text.substr(i + 1));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Query> Query::read(std::string_view text, std::span<const std::string_view> known) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name(pair.substr(0, equals));
    auto value = decode_percent(pair.substr(std::min(equals + 1, pair.size())));
    if (!value) return wrong("the query's " + name + " has a % without two hexadecimal digits");
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong("the query's " + name + " is not known here; there are: " + listed(known));
    if (query.has(name)) return wrong("the query has " + name + " twice");
    query.pairs_.emplace_back(std::move(name), std::move(*value));
  }
  return query;
}

std::string_view Query::get(std::string_view name) const {
  for (const auto& [key, value] : pairs_)
    if (key == name) return value;
  return {};
}

bool Query::has(std::string_view name) const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) { return pair.first == name; });
}

Result<std::uint32_t> Query::number(std::string_view name, std::uint32_t otherwise, std::uint32_t max) const {
  if (!has(name)) return otherwise;
  const std::string_view text = get(name);
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number == 0 || number > max)
    return wrong("the query's " + std::string(name) + " is no number from 1 to " + std::to_string(max));
  return number;
}

std::string cursor_text(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 0xF];
  }
  return out;
}

std::optional<std::string> cursor_bytes(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int byte = byte_of(text.substr(i));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

}  // namespace tenon::admin
