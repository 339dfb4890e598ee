#include "host/load/refusal.h"

#include <array>
#include <cstddef>

namespace tenon::host {
namespace {

struct Row {
  std::string_view word;
  Errc code;
};

constexpr std::array<Row, 31> rows{{
    {"process", Errc::denied},         {"name", Errc::invalid},
    {"path", Errc::invalid},           {"not-found", Errc::not_found},
    {"outside", Errc::denied},         {"not-a-file", Errc::invalid},
    {"owner", Errc::denied},           {"writable", Errc::denied},
    {"unreadable", Errc::io},          {"not-elf", Errc::invalid},
    {"truncated", Errc::corrupt},      {"architecture", Errc::unsupported},
    {"no-note", Errc::invalid},        {"bad-note", Errc::corrupt},
    {"generation", Errc::unsupported}, {"level", Errc::unsupported},
    {"kind", Errc::invalid},           {"draft", Errc::unsupported},
    {"duplicate", Errc::invalid},      {"load", Errc::io},
    {"entry", Errc::invalid},          {"module-refused", Errc::internal},
    {"module", Errc::internal},        {"note-differs", Errc::internal},
    {"descriptor", Errc::internal},    {"no-plugin", Errc::not_found},
    {"host-table", Errc::unsupported}, {"options", Errc::invalid},
    {"create", Errc::internal},        {"init", Errc::internal},
    {"activate", Errc::internal},
}};

const Row& row_of(Refusal why) {
  return rows[static_cast<std::size_t>(why)];
}

}  // namespace

std::string_view to_string(Refusal why) {
  return row_of(why).word;
}

Error refuse(Refusal why, const PluginSpec& spec, std::string_view file, std::string_view what,
             std::string_view remedy) {
  std::string line = "plugin \"" + spec.instance + "\" refused [";
  line.append(row_of(why).word).append("]: ");
  if (!file.empty()) line.append(file).append(": ");
  line.append(what);
  if (!remedy.empty()) line.append("; ").append(remedy);
  if (!spec.origin.empty()) line.append(" (configured at ").append(spec.origin).append(")");
  return {row_of(why).code, std::move(line)};
}

}  // namespace tenon::host
