#pragma once

#include "broker/limits/connection_gate.h"
#include "broker/node_tables.h"
#include "config/settings.h"
#include "routing/spread.h"
#include "service/inbox/inbox_replies.h"
#include "session/connection_limits.h"

namespace tenon::node {

// Limits in the words of the folders that keep them.
session::ConnectionLimits connection_limits(const config::MqttLimits& limits);
routing::Spread spread_of(config::SharedStrategy strategy);
broker::GateLimits gate_limits(const config::ListenerSettings& listener, const config::MqttLimits& mqtt);
broker::MessageLimits message_limits(const config::MqttLimits& limits);
broker::NodeTables::Limits table_limits(const config::Settings& settings);
broker::TenantTable::Limits tenant_limits(const std::vector<config::TenantSettings>& tenants);
service::inbox::Limits inbox_limits(const config::MqttLimits& limits);

}  // namespace tenon::node
