#include "node/plugins/plugin_status.h"

#include <algorithm>

namespace tenon::node {

admin::PluginStatus plugin_status(const host::Instance& instance, const observe::HealthReport& health) {
  admin::PluginStatus status;
  status.name = instance.name();
  status.kind = host::to_string(instance.spec().kind);
  status.version = instance.descriptor().version;
  status.level = instance.level_built();
  status.state = host::to_string(instance.life());
  const std::string condition = "plugin." + instance.name();
  const auto at = std::find_if(health.conditions.begin(), health.conditions.end(),
                               [&](const auto& entry) { return entry.name == condition; });
  // A plugin that never said anything is well.
  const bool said = at != health.conditions.end();
  status.health = observe::to_string(said ? at->state : observe::HealthState::ok);
  if (said) status.health_reason = at->reason;
  const host::CallStats& calls = instance.stats();
  status.counters = {{"calls", calls.calls.load()},       {"errors", calls.errors.load()},
                     {"timeouts", calls.timeouts.load()}, {"late", calls.late.load()},
                     {"stale", calls.stale.load()},       {"slow", calls.slow.load()}};
  return status;
}

}  // namespace tenon::node
