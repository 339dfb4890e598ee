#include "token/claim_rules.h"

#include <algorithm>

namespace tenon::auth_jwt {

const char* refuse_claims(const Claims& claims, const ClaimRules& rules, std::string_view client_id,
                          std::int64_t now_ms) {
  const double now_s = static_cast<double>(now_ms) / 1000;
  const auto leeway_s = static_cast<double>(rules.leeway_s);
  if (!claims.expires_s && rules.needs_expiry) return "it never expires (require_expiry)";
  if (claims.expires_s && now_s >= *claims.expires_s + leeway_s) return "it has expired";
  if (claims.not_before_s && now_s < *claims.not_before_s - leeway_s) return "it is not good yet";
  if (claims.issued_s && now_s < *claims.issued_s - leeway_s) return "it was issued in the future";
  if (!rules.issuer.empty() && claims.issuer != rules.issuer) return "it is of another issuer";
  const auto& audiences = claims.audiences;
  if (!rules.audience.empty() &&
      std::find(audiences.begin(), audiences.end(), rules.audience) == audiences.end())
    return "it is for another audience";
  if (!claims.username || claims.username->empty()) return "it names no user";
  if (claims.client_id && *claims.client_id != client_id) return "it is for another client id";
  return nullptr;
}

std::optional<std::uint64_t> valid_ms(const Claims& claims, const ClaimRules& rules, std::int64_t now_ms) {
  if (!claims.expires_s) return std::nullopt;
  const double left_ms =
      (*claims.expires_s + static_cast<double>(rules.leeway_s)) * 1000 - static_cast<double>(now_ms);
  return left_ms <= 0 ? 0 : static_cast<std::uint64_t>(left_ms);
}

}  // namespace tenon::auth_jwt
