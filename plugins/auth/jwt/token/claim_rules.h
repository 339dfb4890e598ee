#pragma once

#include <cstdint>
#include <string>

#include "token/token.h"

namespace tenon::auth_jwt {

// What is asked of the claims of a token with a right signature.
struct ClaimRules {
  std::string issuer;    // empty: any, or none
  std::string audience;  // empty: any, or none
  std::int64_t leeway_s = 30;
  bool needs_expiry = true;
};

// Why the token is refused at this time; null: it is not. `client_id` is the client's. Pure.
const char* refuse_claims(const Claims& claims, const ClaimRules& rules, std::string_view client_id,
                          std::int64_t now_ms);

// How long the token is still good, leeway included; empty: without end. REQUIRES: it was not refused at
// `now_ms`.
std::optional<std::uint64_t> valid_ms(const Claims& claims, const ClaimRules& rules, std::int64_t now_ms);

}  // namespace tenon::auth_jwt
