#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

using PasswordSource = std::function<Result<std::string>()>;

// tenonctl passwd: sets or removes one user of a password file of auth/file. Success: what was done, for the
// operator. Failure: invalid, not_found, internal; the file is as it was.
Result<std::string> change_password_file(const Arguments& arguments, const PasswordSource& password);

}  // namespace tenon::ctl
