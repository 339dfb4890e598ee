#include <array>

#include "admin/balance/ruled_config.h"
#include "admin/json/config_json.h"
#include "admin/json/json_body.h"
#include "admin/json/status_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

constexpr std::int64_t level_duration_s_max = 86'400;

HttpAnswer no_config() {
  return problem(404, "nothing is known of the configuration here");
}

HttpAnswer get_config(const ApiParts& parts, const Call&) {
  if (!parts.config) return no_config();
  ConfigReport report = parts.config->config();
  // Before `meta` was read the first time, nothing plans here.
  if (const auto rules = parts.rules ? parts.rules->rules() : std::nullopt) lay_over(*rules, report);
  return HttpResponse{.body = config_json(report), .fields = {}};
}

// All that is wrong, as one sentence each.
HttpResponse wrong_files(const std::vector<std::string>& errors) {
  std::string detail = "nothing has changed: the configuration is wrong";
  for (const std::string& error : errors) detail += "; " + error;
  return problem(409, detail);
}

HttpAnswer get_config_diff(const ApiParts& parts, const Call&) {
  ConfigSource* const config = parts.config;
  if (!config) return no_config();
  return HttpWork{[config](HttpDone done) {
    config->diff([done = std::move(done)](Result<ConfigDiff>&& diff) {
      if (!diff.ok()) return done(problem(diff.error()));
      if (!diff->errors.empty()) return done(wrong_files(diff->errors));
      done(HttpResponse{.body = config_diff_json(*diff), .fields = {}});
    });
  }};
}

HttpAnswer reload_config(const ApiParts& parts, const Call& call) {
  ConfigSource* const config = parts.config;
  if (!config) return no_config();
  if (const Status sound = JsonBody(call.request.body).end(); !sound) return problem(sound.error());
  return HttpWork{[config, by = call.caller.name](HttpDone done) {
    config->reload(by, [done = std::move(done)](Result<ReloadReport>&& report) {
      if (!report.ok()) return done(problem(report.error()));
      if (!report->errors.empty()) return done(wrong_files(report->errors));
      done(HttpResponse{.body = reload_json(*report), .fields = {}});
    });
  }};
}

HttpAnswer get_log_levels(const ApiParts& parts, const Call&) {
  if (!parts.log) return problem(404, "nothing is known of the log here");
  return HttpResponse{.body = log_levels_json(parts.log->levels()), .fields = {}};
}

HttpAnswer set_log_level(const ApiParts& parts, const Call& call) {
  if (!parts.log) return problem(404, "nothing is known of the log here");
  JsonBody body(call.request.body);
  const auto level = body.text("level");
  const auto duration = body.number("duration_s", 1, level_duration_s_max);
  if (const Status sound = body.end({"level"}); !sound) return problem(sound.error());
  std::optional<std::uint32_t> duration_s;
  if (duration) duration_s = static_cast<std::uint32_t>(*duration);
  const Status set = parts.log->set_level(call.part, level.value_or(""), duration_s, call.caller.name);
  if (!set) return problem(set.error());
  return get_log_levels(parts, call);
}

HttpAnswer list_plugins(const ApiParts& parts, const Call&) {
  return HttpResponse{.body = plugins_json(parts.status->node_status().plugins), .fields = {}};
}

HttpAnswer show_plugin(const ApiParts& parts, const Call& call) {
  for (const PluginStatus& plugin : parts.status->node_status().plugins)
    if (plugin.name == call.part) return HttpResponse{.body = plugin_json(plugin), .fields = {}};
  return problem(404, "there is no plugin instance \"" + call.part + "\"");
}

constexpr std::array<Route, 7> routes = {{
    {{"GET", "/api/v1/config", Access::owner, Role::operate}, get_config},
    {{"GET", "/api/v1/config/diff", Access::owner, Role::operate}, get_config_diff},
    {{"POST", "/api/v1/config/reload", Access::owner, Role::admin}, reload_config},
    {{"GET", "/api/v1/log/levels"}, get_log_levels},
    {{"PUT", "/api/v1/log/levels/{area}", Access::owner, Role::operate}, set_log_level},
    {{"GET", "/api/v1/plugins"}, list_plugins},
    {{"GET", "/api/v1/plugins/{plugin}"}, show_plugin},
}};

}  // namespace

std::span<const Route> config_routes() {
  return routes;
}

}  // namespace tenon::admin
