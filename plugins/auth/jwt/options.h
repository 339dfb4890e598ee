#pragma once

#include <cstdint>
#include <string>

#include <tenon/config.hpp>

#include "token/claim_rules.h"

namespace tenon::auth_jwt {

// What the operator states; see README.md for what each means.
struct Options {
  std::string secret_file;  // empty: none; the same for the others
  std::string public_key_file;
  std::string jwks_file;
  ClaimRules rules;
  std::string username_claim = "sub";
  std::string client_id_claim;
  std::string publish_claim = "publish";
  std::string subscribe_claim = "subscribe";
  bool allows_all_without_acl = false;

  ClaimNames claim_names() const { return {username_claim, client_id_claim, publish_claim, subscribe_claim}; }
};

// JSON Schema of the above.
extern const char options_schema[];

// Reads and checks the options. Throws a Failure that names the option.
Options read_options(const sdk::Config& config);

}  // namespace tenon::auth_jwt
