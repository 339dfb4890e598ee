#pragma once

#include <memory>
#include <string>

#include "acl/permissions.h"
#include "keys/key_set.h"
#include "options.h"

namespace tenon::auth_jwt {

// What a token lets its holder do.
struct Login {
  std::string username;
  std::optional<std::uint64_t> valid_ms;
  sdk::PermissionSetRef permissions;
};

struct LoginResult {
  const char* why = nullptr;  // static; null: `login` is complete
  Login login;
};

// All that decides about logins at one moment. Immutable and shared: a reload makes a new one. Any thread.
struct Setup {
  Options options;
  KeySet keys;

  // Whether the token is good, for this client and at this time. As long as its signature takes: see Key.
  LoginResult judge(const Token& token, std::string_view client_id, std::int64_t now_ms) const;
};

// What an operator should hear about files that were read.
struct LoadWarnings {
  std::size_t keys_skipped = 0;  // of the JWK set, which do not serve here
  bool secret_readable_by_others = false;
};

// Reads the files of `options`. Throws a Failure that names the file. Blocks on the disk.
std::shared_ptr<const Setup> load_setup(Options options, LoadWarnings* ret_warnings);

}  // namespace tenon::auth_jwt
