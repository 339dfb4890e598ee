#pragma once

#include <array>

#include "base/result.h"
#include "mqtt/types.h"
#include "observe/metrics/registry.h"
#include "session/ports.h"

namespace tenon::broker {

// Indices of BrokerMetrics::limits_met: first those of session::Limit, then these.
namespace LimitMet {
constexpr std::size_t subscriptions = session::limit_count;
constexpr std::size_t retained = session::limit_count + 1;
constexpr std::size_t flapping = session::limit_count + 2;
constexpr std::size_t client_rate = session::limit_count + 3;
constexpr std::size_t memory = session::limit_count + 4;
constexpr std::size_t tenant_connections = session::limit_count + 5;
constexpr std::size_t tenant_rate = session::limit_count + 6;
constexpr std::size_t tenant_subscriptions = session::limit_count + 7;
constexpr std::size_t tenant_retained = session::limit_count + 8;
constexpr std::size_t tenant_queue = session::limit_count + 9;
constexpr std::size_t banned = session::limit_count + 10;
constexpr std::size_t memory_refused = session::limit_count + 11;
constexpr std::size_t memory_shed = session::limit_count + 12;
constexpr std::size_t count = session::limit_count + 13;
}  // namespace LimitMet

// The counters that workers keep, declared once at start.
struct BrokerMetrics {
  static Result<BrokerMetrics> declare(observe::MetricRegistry& registry);

  observe::Counter connects_received;
  std::array<observe::Counter, 3> publish_received;  // by QoS
  std::array<observe::Counter, 3> publish_sent;      // by QoS, as handed to receivers
  std::array<observe::Counter, session::drop_cause_count> dropped;
  observe::Counter dropped_no_session;
  observe::Counter dropped_slow_node;
  observe::Counter dropped_offline;
  observe::Counter dropped_memory;
  observe::Counter
      dropped_replay;  // retained messages of one filter that a session which ended had not been sent yet
  observe::Counter dropped_session_ended;  // see session::EndInfo::lost_count
  observe::Counter retained_refused;
  std::array<observe::Counter, LimitMet::count> limits_met;
  observe::Counter protocol_errors;
  observe::Counter passed_on;  // messages of shared subscriptions, to another member
  observe::Counter taken_over;
  observe::Counter expired;
  observe::Counter redirected;
  observe::Counter cut_off;
  observe::Counter logins_allowed;
  observe::Counter logins_denied;
  observe::Histogram login_time;
  observe::Counter publish_denied;
  observe::Counter subscribe_denied;
  observe::Counter node_messages_sent;
  observe::Counter node_messages_received;
  observe::Gauge connected;  // attached connections
};

// Of one listener.
struct ListenerMetrics {
  static Result<ListenerMetrics> declare(observe::MetricRegistry& registry, std::string_view listener);

  observe::Gauge connections;
  observe::Counter opened;
  observe::Counter refused;
  observe::Counter over_count;          // refused: connections_max
  observe::Counter over_address_count;  // refused: connections_per_address_max
  observe::Counter over_rate;           // refused: would have waited too long for its turn
  observe::Counter waited;              // had to wait for its turn
  observe::Counter received_bytes;
  observe::Counter sent_bytes;
};

}  // namespace tenon::broker
