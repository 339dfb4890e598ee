#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "token/algorithm.h"

namespace tenon::auth_jwt {

inline constexpr std::size_t token_bytes_max = 8 * 1024;
inline constexpr std::size_t filters_max = 256;  // in one claim

// A token in the compact form of RFC 7515, taken apart. Nothing in it is believed before its signature was
// checked.
struct Token {
  Algorithm algorithm = Algorithm::hs256;
  std::optional<std::string> key_id;
  std::string signing_input;  // what is signed: header and payload as they came
  std::string signature;
  std::string payload;  // JSON, not read yet
};

// What the text is.
enum class TokenShape {
  no_token,  // nothing that looks like one: perhaps a password
  refused,   // it looks like one, and is not understood; `why` says why
  token,
};

struct ReadToken {
  TokenShape shape = TokenShape::no_token;
  const char* why = "";  // static
  Token token;           // of TokenShape::token
};

// Reads header and form. Pure; any thread; any bytes.
ReadToken read_token(std::string_view text);

// Which claims to look for; views that outlive the call.
struct ClaimNames {
  std::string_view username;
  std::string_view client_id;  // empty: not looked for
  std::string_view publish;
  std::string_view subscribe;
};

// What the payload says. Times are seconds since 1970, rounded down.
struct Claims {
  std::optional<std::string> username;
  std::optional<std::string> client_id;
  std::optional<std::string> issuer;
  std::vector<std::string> audiences;
  std::optional<double> expires_s;
  std::optional<double> not_before_s;
  std::optional<double> issued_s;
  std::optional<std::vector<std::string>> publish;
  std::optional<std::vector<std::string>> subscribe;
};

struct ReadClaims {
  const char* why = nullptr;  // static; null: all is well
  Claims claims;
};

// A claim that is there in another type than it must have is refused, not passed over. Pure; any thread; any
// bytes.
ReadClaims read_claims(std::string_view payload, const ClaimNames& names);

}  // namespace tenon::auth_jwt
