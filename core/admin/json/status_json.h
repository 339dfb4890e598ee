#pragma once

#include <string>

#include "admin/node_status.h"
#include "observe/health.h"

namespace tenon::admin {

// The answers of GET /api/v1/status and GET /readyz, as openapi.json describes them. Malformed UTF-8 in a
// text becomes U+FFFD. Pure.
std::string status_json(const NodeStatus& status, const observe::HealthReport& health);
// Plugin instances, and one of them.
std::string plugins_json(const std::vector<PluginStatus>& plugins);
std::string plugin_json(const PluginStatus& plugin);
std::string health_json(const observe::HealthReport& health);

}  // namespace tenon::admin
