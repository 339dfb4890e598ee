#include <algorithm>

#include "node/log_setup.h"
#include "node/mqtt_limits.h"
#include "node/node_impl.h"
#include "node/plugins/plugin_plan.h"

// SIGHUP, or an operator: the configuration is read anew, and what can change at run time does.

namespace tenon::node {

namespace events = observe::events;

namespace {

// Limits of what is kept for clients are fixed at the start: the whole node counts by them.
config::Settings with_limits_of_start(config::Settings settings, const config::Settings& at_start) {
  config::MqttLimits& mqtt = settings.mqtt;
  mqtt.session_queue_count_max = at_start.mqtt.session_queue_count_max;
  mqtt.session_queue_bytes_max = at_start.mqtt.session_queue_bytes_max;
  mqtt.session_queue_drops_oldest = at_start.mqtt.session_queue_drops_oldest;
  mqtt.retained_count_max = at_start.mqtt.retained_count_max;
  mqtt.retained_bytes_max = at_start.mqtt.retained_bytes_max;
  mqtt.subscriptions_per_session_max = at_start.mqtt.subscriptions_per_session_max;
  return settings;
}

// Instances that keep their former options.
std::vector<std::string> refused_of(const admin::ReloadReport& report) {
  std::vector<std::string> refused;
  for (const auto& one : report.plugins_refused) refused.push_back(one.plugin);
  return refused;
}

// What plugins have refused is not in use.
void take_out_refused(admin::ReloadReport& report) {
  for (const std::string& plugin : refused_of(report))
    std::erase_if(report.applied, [&](const std::string& path) {
      return path.starts_with("plugins." + plugin + ".options") ||
             path.starts_with("auth.chain." + plugin + ".options");
    });
}

}  // namespace

admin::ReloadReport Node::Impl::reload(const std::string& by) {
  if (stopping_) return refuse_reload(by);
  service_.reloading();
  const config::LoadResult loaded = reload_();
  admin::ReloadReport report;
  for (const config::ConfigError& error : loaded.errors) report.errors.push_back(error.to_string());
  if (loaded.config) report = apply(*loaded.config);
  service_.reloaded();
  for (const std::string& error : report.errors)
    log_.write(events::config_reload_refused, error, {{"by", by}});
  for (const auto& refused : report.plugins_refused)
    log_.write(events::config_reload_refused, refused.reason, {{"plugin", refused.plugin}, {"by", by}});
  if (report.errors.empty() && report.plugins_refused.empty())
    log_.write(events::config_reload_done, "the changed configuration is in use",
               {{"waiting_for_restart", report.restart.size()}, {"by", by}});
  return report;
}

// Plugins that wind up take no options any more, and listeners that are closed must not open again.
admin::ReloadReport Node::Impl::refuse_reload(const std::string& by) {
  admin::ReloadReport report;
  report.errors.emplace_back("the node is stopping; the next start reads the changed configuration");
  log_.write(events::config_reload_refused, report.errors.front(), {{"by", by}});
  return report;
}

admin::ReloadReport Node::Impl::apply(const config::Config& changed) {
  const config::Settings settings = with_limits_of_start(config::read_settings(changed), settings_);
  admin::ReloadReport report;
  // First what may fail, so that a bad one changes nothing.
  const auto specs = plan_plugins(settings);
  std::optional<Result<admin::TokenBook>> tokens;
  if (api_) {
    const auto own = admin::open_admin_token(disk_, random_, settings_.node.data_dir);
    tokens = own.ok() ? read_tokens(settings, *own) : Result<admin::TokenBook>(own.error());
  }
  Status sound = specs.ok() ? Status() : Status(specs.error());
  if (sound.ok() && tokens && !tokens->ok()) sound = tokens->error();
  if (sound.ok()) sound = reload_listeners(settings);
  if (!sound.ok()) {
    report.errors.push_back(sound.error().message);
    return report;
  }
  if (tokens) api_->set_tokens(std::move(**tokens));
  for (const config::ApiTokenSettings& entry : settings.api.tokens) report.tokens.push_back(entry.name);
  for (const auto& change : config::diff(config_, changed)) {
    if (change.reload == config::Reload::live)
      report.applied.push_back(change.path);
    else
      log_.write(events::config_restart_needed, "the changed value takes effect with the next start",
                 {{"key", change.path}});
  }
  log_desk_.configure(log_level(settings.log));
  set_log_format(log_, settings.log);
  log_.reopen();
  // Options of plugins are always handed over: the files that they name may have changed behind the same
  // names.
  apply_plugins(settings, report);
  take_out_refused(report);
  durable_->conf_changed(settings, refused_of(report));
  traffic_->conf_changed(settings.cluster.groups);
  report.restart = config_desk_->in_use(changed);
  config_ = changed;
  settings_.log = settings.log;
  settings_.auth = settings.auth;
  settings_.mqtt = settings.mqtt;
  if (tables_) tables_->message_limits.set(message_limits(settings.mqtt));
  settings_.tenants = settings.tenants;
  if (tables_) tables_->tenants.set_limits(tenant_limits(settings.tenants));
  settings_.listeners = settings.listeners;
  settings_.cluster.groups = settings.cluster.groups;
  settings_.api.tokens = settings.api.tokens;
  return report;
}

void Node::Impl::apply_plugins(const config::Settings& settings, admin::ReloadReport& report) {
  const auto specs = plan_plugins(settings);
  if (!specs.ok()) return;  // it was looked at
  const auto held = durable_->planner().hold();
  for (const auto& spec : *specs) {
    host::Instance* instance = plugins_->find(spec.kind, spec.instance);
    if (!instance) continue;
    const auto applied = instance->reconfigure(spec.options_json);
    if (spec.kind == host::Kind::events && applied.ok()) observers_->look_at_wishes(spec.instance);
    if (spec.kind == host::Kind::intercept) interceptors_->renew(*instance, settings.interceptors, applied);
    if (!applied.ok()) {
      report.plugins_refused.push_back({spec.instance, applied.error().message});
    } else if (*applied == host::Instance::Applied::after_restart &&
               spec.options_json != instance->spec().options_json) {
      report.plugins_restart.push_back(spec.instance);
      log_.write(events::config_restart_needed, "the plugin's options take effect with the next start",
                 {{"plugin", spec.instance}});
    }
  }
}

}  // namespace tenon::node
