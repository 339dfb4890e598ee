#include "options.h"

#include <string>
#include <string_view>

#include "shared/option_failure.h"

namespace tenon::auth_jwt {
using shared::fail_option;

namespace {

std::string read_claim_name(const sdk::Config& config, const char* path, std::string_view otherwise) {
  std::string name = config.text_or(path, otherwise);
  if (name.empty()) fail_option(config, path, "is empty; it must be the name of a claim");
  return name;
}

bool read_without_acl(const sdk::Config& config) {
  const std::string text = config.text_or("without_acl", "deny");
  if (text == "deny") return false;
  if (text == "allow") return true;
  fail_option(config, "without_acl", "must be \"deny\" or \"allow\"");
}

}  // namespace

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "secret_file": {"type": "string", "description": "Absolute path of a shared secret for HS256, HS384 and HS512: all bytes of the file but a line feed at its end, 32 at least"},
    "public_key_file": {"type": "string", "description": "Absolute path of a public key or certificate in PEM for RS256, ES256 or EdDSA"},
    "jwks_file": {"type": "string", "description": "Absolute path of a JWK set with keys for any of the algorithms"},
    "issuer": {"type": "string", "description": "What \"iss\" must be; without it, any issuer will do"},
    "audience": {"type": "string", "description": "What \"aud\" must be or hold; without it, any audience will do"},
    "leeway_s": {"type": "integer", "minimum": 0, "maximum": 600, "default": 30, "description": "By how much the clocks of issuer and broker may differ"},
    "require_expiry": {"type": "boolean", "default": true, "description": "Whether a token without \"exp\" is refused"},
    "username_claim": {"type": "string", "default": "sub", "description": "The claim that names the user"},
    "client_id_claim": {"type": "string", "description": "A claim that, when it is in a token, must be the client id"},
    "publish_claim": {"type": "string", "default": "publish", "description": "The claim that lists filters of what may be published to; %u and %c are the user name and the client id"},
    "subscribe_claim": {"type": "string", "default": "subscribe", "description": "The claim that lists filters of what may be subscribed to and received"},
    "without_acl": {"type": "string", "enum": ["deny", "allow"], "default": "deny", "description": "What a token that has neither list may do: nothing, or everything"}
  }
})";

Options read_options(const sdk::Config& config) {
  Options options;
  options.secret_file = config.text_or("secret_file", "");
  options.public_key_file = config.text_or("public_key_file", "");
  options.jwks_file = config.text_or("jwks_file", "");
  if (options.secret_file.empty() && options.public_key_file.empty() && options.jwks_file.empty())
    fail_option(config, "jwks_file",
                "is missing, and so are \"public_key_file\" and \"secret_file\": no token could be checked");
  options.rules.issuer = config.text_or("issuer", "");
  options.rules.audience = config.text_or("audience", "");
  options.rules.leeway_s = config.integer_or("leeway_s", options.rules.leeway_s);
  if (options.rules.leeway_s < 0 || options.rules.leeway_s > 600)
    fail_option(config, "leeway_s", "must be 0..600");
  options.rules.needs_expiry = config.boolean_or("require_expiry", true);
  options.username_claim = read_claim_name(config, "username_claim", options.username_claim);
  options.client_id_claim = config.text_or("client_id_claim", "");
  options.publish_claim = read_claim_name(config, "publish_claim", options.publish_claim);
  options.subscribe_claim = read_claim_name(config, "subscribe_claim", options.subscribe_claim);
  options.allows_all_without_acl = read_without_acl(config);
  return options;
}

}  // namespace tenon::auth_jwt
