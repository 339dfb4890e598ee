#pragma once

#include "admin/node_status.h"
#include "host/instance.h"
#include "observe/health.h"

namespace tenon::node {

// What the API shows of a plugin instance. Any thread.
admin::PluginStatus plugin_status(const host::Instance& instance, const observe::HealthReport& health);

}  // namespace tenon::node
