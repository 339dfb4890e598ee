#include "options.h"

#include "shared/number_option.h"

namespace tenon::webhook {

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["url"],
  "properties": {
    "url": {"type": "string", "description": "http:// or https:// address that events are posted to"},
    "token_file": {"type": "string", "description": "Absolute path of a secret that is sent as Authorization: Bearer"},
    "ca_file": {"type": "string", "description": "Absolute path of the certificates (PEM) that the service's is checked with; without it, those of the system"},
    "certificate_file": {"type": "string", "description": "Absolute path of a certificate (PEM) to show to the service"},
    "key_file": {"type": "string", "description": "Absolute path of its key"},
    "timeout_ms": {"type": "integer", "minimum": 10, "maximum": 60000, "default": 5000, "description": "How long one POST may take; then it is tried again"},
    "give_up_s": {"type": "integer", "minimum": 0, "maximum": 86400, "default": 600, "description": "For how long the same events are tried; then they are lost, and the next ones have their turn. 0: without an end"},
    "batch_count_max": {"type": "integer", "minimum": 1, "maximum": 256, "default": 100, "description": "Events of one POST"},
    "linger_ms": {"type": "integer", "minimum": 0, "maximum": 60000, "default": 200, "description": "How long the first event of a POST waits for others"},
    "payload_bytes_max": {"type": "integer", "minimum": 0, "maximum": 262144, "default": 16384, "description": "How much is shown of the payload of a message"},
    )" TENON_SCHEMA_OF_EVENTS ",\n    " TENON_SCHEMA_OF_MESSAGES R"(
  }
})";

Options read_options(const sdk::Config& config) {
  const auto number = [&](const char* name, std::uint64_t otherwise, std::int64_t min, std::int64_t max) {
    return static_cast<std::uint32_t>(shared::number_option(config, name, otherwise, min, max));
  };
  Options options;
  options.service = http::read_service_options(config);
  options.timeout_ms = number("timeout_ms", 5000, 10, 60'000);
  options.give_up_s = number("give_up_s", 600, 0, 86'400);
  options.batch_count_max = number("batch_count_max", 100, 1, 256);
  options.linger_ms = number("linger_ms", 200, 0, 60'000);
  options.payload_bytes_max = number("payload_bytes_max", 16'384, 0, 262'144);
  options.events = events_common::read_event_options(config);
  return options;
}

}  // namespace tenon::webhook
