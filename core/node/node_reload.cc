#include <algorithm>

#include "node/log_setup.h"
#include "node/mqtt_limits.h"
#include "node/node_impl.h"
#include "node/plugins/plugin_plan.h"

// SIGHUP: the configuration is read anew, and what can change at run time does.

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

}  // namespace

void Node::Impl::reload() {
  service_.reloading();
  if (const auto changed = reload_()) apply(*changed);
  service_.reloaded();
}

void Node::Impl::apply(const config::Config& changed) {
  const config::Settings settings = with_limits_of_start(config::read_settings(changed), settings_);
  // First what may fail, so that a bad one changes nothing.
  if (const Status changed_listeners = reload_listeners(settings); !changed_listeners.ok())
    return log_.write(events::config_reload_refused, changed_listeners.error().message);
  std::vector<std::string> later;
  for (const auto& change : config::diff(config_, changed))
    if (change.reload == config::Reload::restart) later.push_back(change.path);
  set_log_levels(log_, settings.log);
  // Options of plugins are always handed over: the files that they name may have changed behind the same
  // names.
  const auto refused = apply_plugins(settings);
  for (const auto& path : later)
    log_.write(events::config_restart_needed, "the changed value takes effect with the next start",
               {{"key", path}});
  durable_->conf_changed(settings);
  config_ = changed;
  settings_.log = settings.log;
  settings_.auth = settings.auth;
  settings_.mqtt = settings.mqtt;
  settings_.tenants = settings.tenants;
  if (tables_) tables_->tenants.set_limits(tenant_limits(settings.tenants));
  settings_.listeners = settings.listeners;
  if (refused.empty())
    log_.write(events::config_reload_done, "the changed configuration is in use",
               {{"waiting_for_restart", later.size()}});
}

// Returns the instances that kept their old options.
std::vector<std::string> Node::Impl::apply_plugins(const config::Settings& settings) {
  std::vector<std::string> refused;
  const auto specs = plan_plugins(settings);
  if (!specs.ok()) {
    log_.write(events::config_reload_refused, specs.error().message);
    return {""};
  }
  const auto held = durable_->planner().hold();
  for (const auto& spec : *specs) {
    host::Instance* instance = plugins_->find(spec.kind, spec.instance);
    if (!instance) continue;
    const auto applied = instance->reconfigure(spec.options_json);
    if (!applied.ok()) {
      log_.write(events::config_reload_refused, applied.error().message, {{"plugin", spec.instance}});
      refused.push_back(spec.instance);
    } else if (*applied == host::Instance::Applied::after_restart &&
               spec.options_json != instance->spec().options_json) {
      log_.write(events::config_restart_needed, "the plugin's options take effect with the next start",
                 {{"plugin", spec.instance}});
    }
  }
  return refused;
}

}  // namespace tenon::node
