#include "bin/ctl/commands/config_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

constexpr std::size_t origin_column = 56;

std::string json_text(const Json& value) {
  return shown(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// "key = value      # origin"
std::string value_line(const std::string& key, const Json& value, const std::string& origin) {
  std::string line = shown(key) + " = " + json_text(value);
  if (line.size() < origin_column) line.resize(origin_column, ' ');
  return line + "  # " + shown(origin);
}

std::string list_of(const Json& report, const char* member, const std::string& title) {
  std::string out;
  for (const Json& item : report.at(member)) out += "  " + shown(item.get<std::string>()) + "\n";
  return out.empty() ? out : title + ":\n" + out;
}

}  // namespace

Result<std::string> config_view(const std::string& json) {
  const Json answer = Json::parse(json);
  std::string out;
  for (const Json& value : answer.at("values")) {
    out += value_line(value.at("key").get<std::string>(), value.at("value"),
                      value.at("origin").get<std::string>());
    if (value.at("is_waiting").get<bool>()) out += ", changed: waits for a restart";
    if (const auto over = value.find("wins_over"); over != value.end())
      out += ", wins over " + json_text(over->at("value")) + ": " + shown(text_at(*over, "origin"));
    out += "\n";
  }
  return out;
}

Result<std::string> config_diff_view(const std::string& json) {
  const Json answer = Json::parse(json);
  std::string out;
  for (const Json& change : answer.at("changes")) {
    const auto key = change.at("key").get<std::string>();
    const std::string by = " (by " + change.at("changes_by").get<std::string>() + ")";
    if (change.contains("before")) out += "- " + shown(key) + " = " + json_text(change["before"]) + "\n";
    out += change.contains("after")
               ? "+ " + value_line(key, change["after"], change.value("origin", "") + by) + "\n"
               : "+ " + shown(key) + " has no value any more" + by + "\n";
  }
  return out.empty() ? "the files say what is in use\n" : out;
}

Result<std::string> reload_view(const std::string& json) {
  const Json report = Json::parse(json);
  std::string out = list_of(report, "applied", "in use") + list_of(report, "restart", "waits for a restart") +
                    list_of(report, "plugins_restart", "plugins whose options wait for a restart");
  for (const Json& one : report.at("plugins_refused"))
    out += "plugin " + shown(text_at(one, "plugin")) +
           " keeps its old options: " + shown(text_at(one, "reason")) + "\n";
  return out.empty() ? "reloaded; no value has changed\n" : out;
}

Result<std::string> plugins_view(const std::string& json) {
  const Json answer = Json::parse(json);
  Table table({"PLUGIN", "KIND", "VERSION", "LEVEL", "STATE", "HEALTH", "CALLS", "ERRORS", "SLOW"});
  for (const Json& plugin : answer.at("plugins")) {
    const auto count = [&](const char* name) {
      return std::to_string(plugin.at("counters").value(name, std::uint64_t{0}));
    };
    table.add({text_at(plugin, "name"), text_at(plugin, "kind"), text_at(plugin, "version"),
               number_at(plugin, "level"), text_at(plugin, "state"), text_at(plugin, "health"),
               count("calls"), count("errors"), count("slow")});
  }
  return table.to_text();
}

Result<std::string> plugin_view(const std::string& json) {
  const Json plugin = Json::parse(json);
  std::string out;
  for (const char* name : {"name", "kind", "version", "state", "health", "health_reason"})
    out += line_of(name, text_at(plugin, name));
  out += line_of("level", number_at(plugin, "level"));
  for (const auto& [name, value] : plugin.at("counters").items())
    out += line_of(name, std::to_string(value.get<std::uint64_t>()));
  return out;
}

Result<std::string> log_levels_view(const std::string& json) {
  const Json answer = Json::parse(json);
  Table table({"AREA", "LEVEL", "CONFIGURED", "FOR S"});
  for (const Json& area : answer.at("areas"))
    table.add({text_at(area, "area"), text_at(area, "level"), text_at(area, "configured"),
               area.contains("remaining_s") ? number_at(area, "remaining_s") : "-"});
  return table.to_text();
}

}  // namespace tenon::ctl
