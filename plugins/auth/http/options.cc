#include "options.h"

#include <string>

#include "shared/option_failure.h"

namespace tenon::auth_http {
using shared::fail_option;

namespace {

std::int64_t read_number(const sdk::Config& config, const char* path, std::int64_t otherwise,
                         std::int64_t min, std::int64_t max) {
  const std::int64_t value = config.integer_or(path, otherwise);
  if (value < min || value > max)
    fail_option(config, path, "must be " + std::to_string(min) + ".." + std::to_string(max));
  return value;
}

FieldNames read_fields(const sdk::Config& config, const std::string& object, FieldNames names) {
  for (auto& [field, name] : names) name = config.text_or((object + "." + field).c_str(), name);
  return names;
}

}  // namespace

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["url"],
  "properties": {
    "url": {"type": "string", "description": "http:// or https:// address that each login is posted to"},
    "token_file": {"type": "string", "description": "Absolute path of a secret that is sent as Authorization: Bearer"},
    "ca_file": {"type": "string", "description": "Absolute path of the certificates (PEM) that the service's is checked with; without it, those of the system"},
    "certificate_file": {"type": "string", "description": "Absolute path of a certificate (PEM) to show to the service"},
    "key_file": {"type": "string", "description": "Absolute path of its key"},
    "timeout_ms": {"type": "integer", "minimum": 10, "maximum": 60000, "default": 3000, "description": "How long one question may take; then the login is refused"},
    "connections": {"type": "integer", "minimum": 1, "maximum": 64, "default": 4, "description": "Connections to the service, each of them kept and for one question at a time"},
    "waiting_max": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 1000, "description": "Logins that may wait for a connection; further ones are refused"},
    "cache_ttl_s": {"type": "integer", "minimum": 0, "maximum": 86400, "default": 60, "description": "How long an answer holds for the same question; 0 asks each time"},
    "cache_entries_max": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 10000, "description": "Answers that are kept at a time"},
    "request": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Names of the request's fields: of username, username_proved, password, client_id, peer, listener, tenant, cert_subject, protocol, will_topic; an empty name leaves the field out"},
    "answer": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Names of the answer's fields: of result, superuser, username, tenant, publish, subscribe, valid_s"},
    "without_acl": {"type": "string", "enum": ["deny", "allow"], "default": "deny", "description": "What a client may do whose answer has neither list: nothing, or everything"},
    "ask_without_username": {"type": "boolean", "default": false, "description": "Whether the service is asked for clients that state no user name, too"}
  }
})";

Options read_options(const sdk::Config& config) {
  Options options;
  options.service = http::read_service_options(config);
  options.timeout_ms = read_number(config, "timeout_ms", options.timeout_ms, 10, 60'000);
  options.connections = read_number(config, "connections", options.connections, 1, 64);
  options.waiting_max = read_number(config, "waiting_max", options.waiting_max, 1, 100'000);
  options.cache_ttl_s = read_number(config, "cache_ttl_s", options.cache_ttl_s, 0, 86'400);
  options.cache_entries_max =
      read_number(config, "cache_entries_max", options.cache_entries_max, 1, 1'000'000);
  options.request_fields = read_fields(config, "request",
                                       {{"username", "username"},
                                        {"username_proved", "username_proved"},
                                        {"password", "password"},
                                        {"client_id", "client_id"},
                                        {"peer", "peer"},
                                        {"listener", "listener"},
                                        {"tenant", "tenant"},
                                        {"cert_subject", "cert_subject"},
                                        {"protocol", "protocol"},
                                        {"will_topic", "will_topic"}});
  options.answer_fields = read_fields(config, "answer",
                                      {{"result", "result"},
                                       {"superuser", "superuser"},
                                       {"username", "username"},
                                       {"tenant", "tenant"},
                                       {"publish", "publish"},
                                       {"subscribe", "subscribe"},
                                       {"valid_s", "valid_s"}});
  const std::string without_acl = config.text_or("without_acl", "deny");
  if (without_acl != "deny" && without_acl != "allow")
    fail_option(config, "without_acl", "must be \"deny\" or \"allow\"");
  options.allows_all_without_acl = without_acl == "allow";
  options.asks_without_username = config.boolean_or("ask_without_username", false);
  return options;
}

}  // namespace tenon::auth_http
