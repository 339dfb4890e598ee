#include "options.h"

#include <string>

#include "shared/option_failure.h"

namespace tenon::auth_file {
using shared::fail_option;

namespace {

Options::UnknownUser read_unknown_user(const sdk::Config& config) {
  const std::string text = config.text_or("unknown_user", "deny");
  if (text == "deny") return Options::UnknownUser::deny;
  if (text == "ignore") return Options::UnknownUser::ignore;
  fail_option(config, "unknown_user", "must be \"deny\" or \"ignore\"");
}

std::int64_t read_number(const sdk::Config& config, const char* path, std::int64_t otherwise,
                         std::int64_t max) {
  const std::int64_t value = config.integer_or(path, otherwise);
  if (value < 0 || value > max) fail_option(config, path, "must be 0.." + std::to_string(max));
  return value;
}

}  // namespace

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "password_file": {"type": "string", "description": "Absolute path of the users and their hashed passwords, as mosquitto_passwd writes them"},
    "acl_file": {"type": "string", "description": "Absolute path of the rules that say which topics may be used; without it users may use all"},
    "unknown_user": {"type": "string", "enum": ["deny", "ignore"], "default": "deny", "description": "What a name that is not in password_file gets: ignore asks the next plugin of the chain"},
    "anonymous": {"type": "boolean", "default": false, "description": "Let clients without a user name in, with the rules of acl_file that stand before the first user"},
    "cache_ttl_s": {"type": "integer", "minimum": 0, "maximum": 86400, "default": 300, "description": "How long a verified password needs no further hash; 0 switches the cache off"},
    "cache_count_max": {"type": "integer", "minimum": 0, "maximum": 1048576, "default": 32768, "description": "How many verified passwords are remembered; 0 switches the cache off"}
  }
})";

Options read_options(const sdk::Config& config) {
  Options options;
  options.password_file = config.text_or("password_file", "");
  options.acl_file = config.text_or("acl_file", "");
  options.unknown_user = read_unknown_user(config);
  options.anonymous = config.boolean_or("anonymous", false);
  options.cache_ttl_s = read_number(config, "cache_ttl_s", options.cache_ttl_s, 86'400);
  options.cache_count_max = read_number(config, "cache_count_max", options.cache_count_max, 1'048'576);
  if (options.password_file.empty() && !options.anonymous)
    fail_option(config, "password_file",
                "is missing, so nobody could log in; set it, or \"anonymous\" to true");
  if (options.anonymous && options.acl_file.empty())
    fail_option(config, "anonymous",
                "is true without \"acl_file\"; state there what clients without a name may do");
  return options;
}

}  // namespace tenon::auth_file
