#pragma once

#include <cstddef>

#include "by_name.h"
#include "password/credential.h"
#include "text_file.h"

namespace tenon::auth_file {

inline constexpr std::size_t password_file_bytes_max = 64 * 1024 * 1024;

// What a password file says: lines "user:HASH" as mosquitto_passwd writes them. A value.
struct PasswordFile {
  ByName<Credential> users;
  std::size_t weak_count = 0;  // users with a scheme that guessing breaks soon
  // How most users' passwords are hashed, as one of them: what a login with an unknown name should cost.
  Credential typical;
};

// Throws a Failure with file and line for anything that is not understood, for a name that stands there
// twice, and for a file without users.
PasswordFile parse_password_file(const TextFile& file);

}  // namespace tenon::auth_file
