#include "options.h"

#include "shared/number_option.h"
#include "shared/option_failure.h"

namespace tenon::audit_log {

namespace common = events_common;

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["file"],
  "properties": {
    "file": {"type": "string", "description": "Absolute path of the file that is appended to"},
    "bytes_max": {"type": "integer", "minimum": 4096, "maximum": 1099511627776, "default": 104857600, "description": "How large it may become before it is set aside"},
    "kept": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10, "description": "How many files that were set aside are kept"},
    )" TENON_SCHEMA_OF_EVENTS ",\n    " TENON_SCHEMA_OF_MESSAGES R"(
  }
})";

Options read_options(const sdk::Config& config) {
  Options options;
  options.file = config.require_text("file");
  if (!options.file.starts_with('/'))
    shared::fail_option(config, "file", "must be an absolute path; a service has no directory of its own");
  options.bytes_max = shared::number_option(config, "bytes_max", 104'857'600, 4096, 1'099'511'627'776);
  options.kept = static_cast<std::uint32_t>(shared::number_option(config, "kept", 10, 0, 1000));
  options.events = common::read_event_options(config);
  return options;
}

}  // namespace tenon::audit_log
