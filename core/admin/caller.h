#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http/message.h"

namespace tenon::admin {

// What somebody may do, from least to most: look; act on clients, messages and ranges; change who may do
// what.
enum class Role : std::uint8_t { viewer, operate, admin };
// "viewer", "operator", "admin".
std::string_view to_string(Role role);

// Who asks.
struct Caller {
  std::string name;  // for the audit: "owner", "token", "token NAME"
  Role role = Role::viewer;
};

// The secrets that stand for callers.
struct Token {
  std::string name;  // empty: the administrator's of the data directory
  Role role = Role::viewer;
  std::string text;  // never print it; an empty one lets nobody in
};
class TokenBook {
 public:
  TokenBook() = default;
  explicit TokenBook(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  // By trust in the peer or by a bearer token; empty: nobody who is known.
  std::optional<Caller> caller_of(const HttpRequest& request) const;

 private:
  std::vector<Token> tokens_;
};

}  // namespace tenon::admin
