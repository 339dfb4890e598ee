#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "by_name.h"
#include "password/credential.h"
#include "text_file.h"

namespace tenon::auth_file {

inline constexpr std::size_t password_file_bytes_max = 64 * 1024 * 1024;

// What a password file says: lines "user:HASH" as mosquitto_passwd and tenonctl passwd write them. A value.
struct PasswordFile {
  ByName<Credential> users;
  std::size_t weak_count = 0;  // users with a scheme that guessing breaks soon
  // How most users' passwords are hashed, as one of them: what a login with an unknown name should cost.
  Credential typical;
  // The same of those who can log in by SCRAM; empty: nobody can.
  std::optional<Credential> typical_scram;
  // Of the line ":scram-secret:BASE64": what salts of names that are not known are made of. Empty: there is
  // no such line.
  std::vector<std::uint8_t> scram_secret;
};

// Throws a Failure with file and line for anything that is not understood, for a name that stands there
// twice, and for a file without users.
PasswordFile parse_password_file(const TextFile& file);

}  // namespace tenon::auth_file
