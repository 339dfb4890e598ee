#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::auth_jwt {

// The signatures that are understood (RFC 7518 section 3, RFC 8037). "none" is not one of them.
enum class Algorithm : std::uint8_t { hs256, hs384, hs512, rs256, es256, eddsa };

constexpr std::optional<Algorithm> algorithm_of(std::string_view name) {
  if (name == "HS256") return Algorithm::hs256;
  if (name == "HS384") return Algorithm::hs384;
  if (name == "HS512") return Algorithm::hs512;
  if (name == "RS256") return Algorithm::rs256;
  if (name == "ES256") return Algorithm::es256;
  if (name == "EdDSA") return Algorithm::eddsa;
  return std::nullopt;
}

constexpr bool is_hmac(Algorithm algorithm) {
  return algorithm == Algorithm::hs256 || algorithm == Algorithm::hs384 || algorithm == Algorithm::hs512;
}

}  // namespace tenon::auth_jwt
