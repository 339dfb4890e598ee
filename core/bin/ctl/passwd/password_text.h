#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// The text of a password file of auth/file: lines "USER:CREDENTIAL", comments, and one line
// ":scram-secret:BASE64". All other lines stay as they are, byte for byte, in their places.

// Success: the name can stand in such a file. Failure: invalid.
Status check_user(std::string_view user);

// With the user's line replaced, or added at the end. REQUIRES: check_user(user).
std::string with_user(std::string_view text, std::string_view user, std::string_view credential);
// Failure: not_found.
Result<std::string> without_user(std::string_view text, std::string_view user);

// With the line of the secret, of which salts of unknown names are made, if there is none.
std::string with_secret(std::string_view text, std::string_view secret_base64);

}  // namespace tenon::ctl
