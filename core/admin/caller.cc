#include "admin/caller.h"

#include "admin/admin_token.h"

namespace tenon::admin {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::operate:
      return "operator";
    case Role::admin:
      break;
  }
  return "admin";
}

// All tokens are compared, so that the time tells nothing of which one is near.
std::optional<Caller> TokenBook::caller_of(const HttpRequest& request) const {
  if (request.peer == PeerTrust::owner) return Caller{"owner", Role::admin};
  const std::string_view authorization = request.field("authorization");
  std::optional<Caller> found;
  for (const Token& token : tokens_)
    if (is_authorized(authorization, token.text))
      found = Caller{token.name.empty() ? "token" : "token " + token.name, token.role};
  return found;
}

}  // namespace tenon::admin
