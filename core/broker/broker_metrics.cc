#include "broker/broker_metrics.h"

#include "observe/metrics/table.h"

namespace tenon::broker {

namespace {

namespace metrics = observe::metrics;

// Takes the handles one after another and keeps the first failure.
class Declarer {
 public:
  explicit Declarer(observe::MetricRegistry& registry) : registry_(registry) {}

  observe::Counter counter(const observe::MetricDescriptor& descriptor,
                           std::initializer_list<std::string_view> labels = {}) {
    return take(registry_.counter(descriptor, labels));
  }
  observe::Gauge gauge(const observe::MetricDescriptor& descriptor,
                       std::initializer_list<std::string_view> labels = {}) {
    return take(registry_.gauge(descriptor, labels));
  }
  observe::Histogram histogram(const observe::MetricDescriptor& descriptor) {
    return take(registry_.histogram(descriptor));
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  template <class Handle>
  Handle take(Result<Handle> result) {
    if (result.ok()) return *result;
    if (!failure_) failure_ = result.error();
    return {};
  }
  observe::MetricRegistry& registry_;
  std::optional<Error> failure_;
};

}  // namespace

Result<BrokerMetrics> BrokerMetrics::declare(observe::MetricRegistry& registry) {
  using session::DropCause;
  Declarer declare(registry);
  BrokerMetrics m;
  constexpr std::string_view qos[] = {"0", "1", "2"};
  for (std::size_t i = 0; i < 3; ++i) {
    m.publish_received[i] = declare.counter(metrics::publish_received, {qos[i]});
    m.publish_sent[i] = declare.counter(metrics::publish_sent, {qos[i]});
  }
  const auto dropped = [&](DropCause cause, std::string_view name) {
    m.dropped[static_cast<std::size_t>(cause)] = declare.counter(metrics::publish_dropped, {name});
  };
  dropped(DropCause::output_full, "output_full");
  dropped(DropCause::queue_full, "queue_full");
  dropped(DropCause::too_large, "too_large");
  dropped(DropCause::expired, "expired");
  dropped(DropCause::not_authorized, "not_authorized");
  m.dropped_no_session = declare.counter(metrics::publish_dropped, {"no_session"});
  m.dropped_slow_node = declare.counter(metrics::publish_dropped, {"slow_node"});
  m.dropped_offline = declare.counter(metrics::publish_dropped, {"offline_qos0"});
  m.dropped_memory = declare.counter(metrics::publish_dropped, {"memory"});
  m.dropped_replay = declare.counter(metrics::publish_dropped, {"replay_ended"});
  m.dropped_session_ended = declare.counter(metrics::publish_dropped, {"session_ended"});
  m.retained_refused = declare.counter(metrics::publish_dropped, {"retained_full"});
  constexpr std::string_view limits[] = {
      "packet_bytes", "client_id_bytes",      "topic",           "user_properties",
      "slow_client",  "payload_format",       "subscriptions",   "retained",
      "flapping",     "client_rate",          "memory",          "tenant_connections",
      "tenant_rate",  "tenant_subscriptions", "tenant_retained", "tenant_queue",
      "banned",       "memory_refused",       "memory_shed"};
  static_assert(std::size(limits) == LimitMet::count);
  for (std::size_t i = 0; i < LimitMet::count; ++i)
    m.limits_met[i] = declare.counter(metrics::limit_met, {limits[i]});
  m.connects_received = declare.counter(metrics::mqtt_connects_received);
  m.protocol_errors = declare.counter(metrics::mqtt_protocol_errors);
  m.passed_on = declare.counter(metrics::routing_passed_on);
  m.taken_over = declare.counter(metrics::session_taken_over);
  m.expired = declare.counter(metrics::session_expired);
  m.redirected = declare.counter(metrics::session_redirected);
  m.cut_off = declare.counter(metrics::session_cut_off);
  m.logins_allowed = declare.counter(metrics::auth_logins, {"allowed"});
  m.logins_denied = declare.counter(metrics::auth_logins, {"denied"});
  m.login_time = declare.histogram(metrics::auth_login_time);
  m.publish_denied = declare.counter(metrics::auth_denied, {"publish"});
  m.subscribe_denied = declare.counter(metrics::auth_denied, {"subscribe"});
  m.node_messages_sent = declare.counter(metrics::routing_node_messages, {"sent"});
  m.node_messages_received = declare.counter(metrics::routing_node_messages, {"received"});
  m.connected = declare.gauge(metrics::session_connected);
  if (declare.failure()) return *declare.failure();
  return m;
}

Result<ListenerMetrics> ListenerMetrics::declare(observe::MetricRegistry& registry,
                                                 std::string_view listener) {
  Declarer declare(registry);
  ListenerMetrics m;
  m.connections = declare.gauge(metrics::link_connections, {listener});
  m.opened = declare.counter(metrics::link_opened, {listener});
  m.refused = declare.counter(metrics::link_refused, {listener});
  m.over_count = declare.counter(metrics::link_over_limit, {listener, "connections"});
  m.over_address_count = declare.counter(metrics::link_over_limit, {listener, "connections_per_address"});
  m.over_rate = declare.counter(metrics::link_over_limit, {listener, "connection_rate"});
  m.waited = declare.counter(metrics::link_waited, {listener});
  m.received_bytes = declare.counter(metrics::link_received_bytes, {listener});
  m.sent_bytes = declare.counter(metrics::link_sent_bytes, {listener});
  if (declare.failure()) return *declare.failure();
  return m;
}

}  // namespace tenon::broker
