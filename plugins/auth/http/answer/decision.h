#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tenon/auth.hpp>

#include "options.h"

namespace tenon::auth_http {

// What the service has answered. Immutable once made; shared between threads.
struct Decision {
  enum class Result : std::uint8_t { allow, deny, ignore };
  Result result = Result::deny;
  std::string username;  // empty: as the client states it
  std::string tenant;    // empty: that of the listener
  std::optional<std::uint64_t> valid_s;
  sdk::PermissionSetRef permissions;  // null: everything is allowed
};

// Reads an answer: status 200 with a JSON object, 401 and 403 are a refusal. Empty, with the reason in
// *ret_why (a static text): it is none that can be relied on. `username` and `client_id` fill %u and %c in
// the lists.
std::optional<Decision> read_decision(const Options& options, int status, std::string_view body,
                                      std::string_view username, std::string_view client_id,
                                      const char** ret_why);

}  // namespace tenon::auth_http
