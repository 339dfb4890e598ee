#include "node/mqtt_limits.h"

#include "runtime/process/process_usage.h"

namespace tenon::node {

session::ConnectionLimits connection_limits(const config::MqttLimits& limits) {
  session::ConnectionLimits to;
  to.packet_bytes_max = limits.packet_bytes_max;
  to.connect_bytes_max = limits.connect_bytes_max;
  to.connect_timeout_s = limits.connect_timeout_s;
  to.keepalive_s_max = limits.keepalive_s_max;
  to.keepalive_s_min = limits.keepalive_s_min;
  to.receive_maximum = limits.receive_maximum;
  to.inflight_max = limits.inflight_max;
  to.topic_alias_max = limits.topic_alias_max;
  to.topic_alias_out_max = limits.topic_alias_out_max;
  to.response_information = limits.response_information;
  to.topic_levels_max = limits.topic_levels_max;
  to.topic_bytes_max = limits.topic_bytes_max;
  to.wildcard_levels_max = limits.wildcard_levels_max;
  to.session_expiry_s_max = limits.session_expiry_s_max;
  to.queue_count_max = limits.session_queue_count_max;
  to.queue_bytes_max = limits.session_queue_bytes_max;
  to.slow_client_timeout_s = limits.slow_client_timeout_s;
  to.client_id_bytes_max = limits.client_id_bytes_max;
  to.user_properties_max = limits.user_properties_max;
  to.output_bytes_max = limits.link_output_bytes_max;
  to.payload_format_check = limits.payload_format_check;
  to.qos_max = static_cast<mqtt::QoS>(limits.qos_max);
  to.version_3_1 = limits.version_3_1;
  to.version_3_1_1 = limits.version_3_1_1;
  to.version_5_0 = limits.version_5_0;
  return to;
}

broker::MessageLimits message_limits(const config::MqttLimits& limits) {
  return broker::MessageLimits::of(connection_limits(limits));
}

routing::Spread spread_of(config::SharedStrategy strategy) {
  using config::SharedStrategy;
  using routing::Spread;
  switch (strategy) {
    case SharedStrategy::round_robin:
      return Spread::round_robin;
    case SharedStrategy::random:
      return Spread::random;
    case SharedStrategy::sticky:
      return Spread::sticky;
    case SharedStrategy::hash_client:
      return Spread::hash_client;
    case SharedStrategy::hash_topic:
      return Spread::hash_topic;
    case SharedStrategy::local_first:
      break;
  }
  return Spread::local_first;
}

broker::GateLimits gate_limits(const config::ListenerSettings& listener, const config::MqttLimits& mqtt) {
  return {listener.connections_max, listener.connections_per_address_max, listener.connection_rate_max,
          std::int64_t{mqtt.connect_timeout_s} * ns_per_s / 2};
}

broker::NodeTables::Limits table_limits(const config::Settings& settings) {
  const config::OverloadSettings& overload = settings.overload;
  broker::NodeTables::Limits limits;
  limits.retained = {settings.mqtt.retained_count_max, settings.mqtt.retained_bytes_max};
  limits.flapping = {overload.flapping_connects_max, std::int64_t{overload.flapping_window_s} * ns_per_s,
                     std::int64_t{overload.flapping_ban_s} * ns_per_s};
  limits.tenants = tenant_limits(settings.tenants);
  limits.memory_high_bytes =
      overload.memory_high_bytes != 0 ? overload.memory_high_bytes : runtime::memory_bytes_max() / 10 * 7;
  return limits;
}

broker::TenantTable::Limits tenant_limits(const std::vector<config::TenantSettings>& tenants) {
  broker::TenantTable::Limits limits;
  for (const config::TenantSettings& tenant : tenants)
    limits[tenant.name] = {tenant.connections_max,   tenant.message_rate_max,   tenant.byte_rate_max,
                           tenant.subscriptions_max, tenant.retained_count_max, tenant.retained_bytes_max,
                           tenant.queue_bytes_max};
  return limits;
}

service::inbox::Limits inbox_limits(const config::MqttLimits& limits) {
  return {limits.session_queue_count_max, limits.session_queue_bytes_max,
          limits.session_queue_drops_oldest ? service::inbox::Overflow::drop_oldest
                                            : service::inbox::Overflow::refuse_newest};
}

}  // namespace tenon::node
