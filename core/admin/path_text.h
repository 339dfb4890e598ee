#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tenon::admin {

// Texts in paths and queries (RFC 3986). Pure.

// "a%2Fb" as "a/b"; empty: a '%' has no two hexadecimal digits behind it.
std::optional<std::string> decode_percent(std::string_view text);

// A number in decimal digits; empty: it is none.
std::optional<std::uint64_t> number_of(std::string_view text);

// The parameters of a query: "a=1&b=x%20y".
class Query {
 public:
  // invalid: one is not of `known`, is there twice, or is not well-formed; says which ones there are.
  static Result<Query> read(std::string_view text, std::span<const std::string_view> known);

  // Empty, too, when it is not there.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Decimal, from 1 to `max`; `otherwise` when it is not there. invalid: it is not like that.
  Result<std::uint32_t> number(std::string_view name, std::uint32_t otherwise, std::uint32_t max) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// Bytes as a page's cursor, which the API gives out and takes back, and as it is written in a query.
std::string cursor_text(std::string_view bytes);
// Empty: it is none of cursor_text().
std::optional<std::string> cursor_bytes(std::string_view text);

}  // namespace tenon::admin
