#include <tenon/host/log.h>

#include <algorithm>
#include <array>

#include "host/first_sizes.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

constexpr std::uint32_t field_max = 32;

PluginLogLevel level_of(std::uint32_t level) {
  return static_cast<PluginLogLevel>(std::min(level, TENON_LOG_ERROR));
}

std::uint32_t enabled(const tenon_host* host, std::uint32_t level) {
  return instance_of(host).services().log->enabled(level_of(level)) ? 1 : 0;
}

void write(const tenon_host* host, const tenon_log_record* record) {
  if (!record || !TENON_HAS(record, tenon_log_record, message)) return;
  const Instance& instance = instance_of(host);
  std::array<std::pair<std::string_view, std::string_view>, field_max> fields;
  std::uint32_t count = 0;
  if (TENON_HAS(record, tenon_log_record, fields) && record->fields.data &&
      holds_first<tenon_kv>(record->fields.stride)) {
    count = std::min(record->fields.count, field_max);
    for (std::uint32_t i = 0; i < count; ++i) {
      const tenon_kv& kv = *TENON_AT(record->fields, tenon_kv, i);
      fields[i] = {view_of(kv.key), view_of(kv.value)};
    }
  }
  instance.services().log->write({.instance = instance.name(),
                                  .level = level_of(record->level),
                                  .event = view_of(record->event),
                                  .message = view_of(record->message),
                                  .fields = std::span(fields).first(count)});
}

constexpr tenon_host_log table{sizeof(tenon_host_log), 0, enabled, write};

}  // namespace

const void* log_table() {
  return &table;
}

}  // namespace tenon::host
