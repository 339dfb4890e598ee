#include "observe/metrics/table.h"

namespace tenon::observe {

namespace {

constexpr const MetricDescriptor* table[] = {
    &metrics::build_info,
    &metrics::node_uptime,
    &metrics::node_ready,
    &metrics::node_workers,
    &metrics::node_cpu,
    &metrics::node_resident,
    &metrics::node_open_files,
    &metrics::log_written,
    &metrics::log_suppressed,
    &metrics::log_lost,
    &metrics::worker_loop,
    &metrics::link_connections,
    &metrics::link_opened,
    &metrics::link_refused,
    &metrics::link_over_limit,
    &metrics::link_waited,
    &metrics::link_closed,
    &metrics::link_received_bytes,
    &metrics::link_sent_bytes,
    &metrics::mqtt_received_packets,
    &metrics::mqtt_sent_packets,
    &metrics::mqtt_protocol_errors,
    &metrics::publish_received,
    &metrics::publish_sent,
    &metrics::publish_dropped,
    &metrics::publish_payload,
    &metrics::limit_met,
    &metrics::overload_memory,
    &metrics::overload_memory_mark,
    &metrics::overload_memory_high,
    &metrics::overload_bans,
    &metrics::session_count,
    &metrics::session_connected,
    &metrics::session_taken_over,
    &metrics::session_expired,
    &metrics::session_redirected,
    &metrics::session_queue,
    &metrics::session_queue_bytes,
    &metrics::routing_subscriptions,
    &metrics::routing_node_routes,
    &metrics::routing_node_messages,
    &metrics::routing_passed_on,
    &metrics::retained_messages,
    &metrics::retained_bytes,
    &metrics::auth_logins,
    &metrics::auth_login_time,
    &metrics::auth_denied,
    &metrics::api_requests,
    &metrics::balance_planner,
    &metrics::balance_round,
    &metrics::balance_plans,
    &metrics::balance_commands,
    &metrics::balance_refused,
    &metrics::peer_links,
    &metrics::peer_received_bytes,
    &metrics::peer_sent_bytes,
    &metrics::peer_received_messages,
    &metrics::peer_sent_messages,
    &metrics::peer_dropped_messages,
    &metrics::peer_refused_links,
    &metrics::peer_ended_links,
    &metrics::peer_queue_bytes,
    &metrics::plugin_health,
    &metrics::plugin_slow_calls,
};

}  // namespace

std::span<const MetricDescriptor* const> all_metrics() {
  return table;
}

}  // namespace tenon::observe
