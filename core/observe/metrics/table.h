#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "observe/metrics/descriptor.h"

namespace tenon::observe {

// Every metric that the broker has by itself (plugins add tenon_plugin_...). docs/reference/metrics.md is
// made from this table; after a change run build/core/observe/print_metric_reference >
// docs/reference/metrics.md. A new one is declared below and listed in table.cc.
namespace metrics {

namespace labels {
inline constexpr std::string_view version[] = {"version"};
inline constexpr std::string_view listener[] = {"listener"};
inline constexpr std::string_view reason[] = {"reason"};
inline constexpr std::string_view cause[] = {"cause"};
inline constexpr std::string_view qos[] = {"qos"};
inline constexpr std::string_view type[] = {"type"};
inline constexpr std::string_view plugin[] = {"plugin"};
inline constexpr std::string_view worker[] = {"worker"};
inline constexpr std::string_view store[] = {"store"};
inline constexpr std::string_view lane[] = {"lane"};
inline constexpr std::string_view code[] = {"code"};
inline constexpr std::string_view result[] = {"result"};
inline constexpr std::string_view direction[] = {"direction"};
inline constexpr std::string_view limit[] = {"limit"};
inline constexpr std::string_view listener_limit[] = {"listener", "limit"};
inline constexpr std::string_view balancer[] = {"balancer"};
inline constexpr std::string_view balancer_result[] = {"balancer", "result"};
inline constexpr std::string_view balancer_cause[] = {"balancer", "cause"};
}  // namespace labels

namespace buckets {
// 10 us .. 10 s.
inline constexpr std::int64_t seconds[] = {10'000,      100'000,       500'000,       1'000'000,
                                           5'000'000,   10'000'000,    50'000'000,    100'000'000,
                                           500'000'000, 1'000'000'000, 5'000'000'000, 10'000'000'000};
}  // namespace buckets

using enum MetricKind;

// node
inline constexpr MetricDescriptor build_info{"tenon_build_info", gauge,
                                             "Always 1; the label says which version runs.", labels::version};
inline constexpr MetricDescriptor node_uptime{"tenon_node_uptime_seconds", gauge,
                                              "Time since the process started."};
inline constexpr MetricDescriptor node_ready{
    "tenon_node_ready", gauge, "1 when no condition of the node's health is failed, else 0; see /readyz."};
inline constexpr MetricDescriptor node_workers{"tenon_node_workers", gauge, "Workers (event loops)."};
inline constexpr MetricDescriptor node_cpu{"tenon_node_cpu_seconds_total", counter,
                                           "Processor time that the process used, user and system."};
inline constexpr MetricDescriptor node_resident{"tenon_node_resident_bytes", gauge,
                                                "Memory of the process that is resident."};
inline constexpr MetricDescriptor node_open_files{"tenon_node_open_files", gauge, "Open file descriptors."};

// log
inline constexpr MetricDescriptor log_written{"tenon_log_lines_total", counter, "Log lines written."};
inline constexpr MetricDescriptor log_suppressed{"tenon_log_suppressed_lines_total", counter,
                                                 "Log lines held back because their event repeats too fast."};
inline constexpr MetricDescriptor log_lost{"tenon_log_lost_lines_total", counter,
                                           "Log lines lost because the log's reader was too slow."};

// worker
inline constexpr MetricDescriptor worker_turns{"tenon_worker_turns_total", counter,
                                               "Turns of a worker's loop.", labels::worker};
inline constexpr MetricDescriptor worker_busy{
    "tenon_worker_busy_seconds_total", counter,
    "Time that a worker's loop spent in turns, waiting not counted.", labels::worker};
inline constexpr MetricDescriptor worker_turn_max{"tenon_worker_longest_turn_seconds", gauge,
                                                  "The longest turn of a worker's loop since the start.",
                                                  labels::worker};
inline constexpr MetricDescriptor worker_lag{
    "tenon_worker_lag_seconds", gauge,
    "How late a worker came to a task that it is given each second; while it has not come to it, how long "
    "that has waited.",
    labels::worker};

// listener and link
inline constexpr MetricDescriptor link_connections{"tenon_link_connections", gauge, "Open connections.",
                                                   labels::listener};
inline constexpr MetricDescriptor link_opened{"tenon_link_opened_total", counter, "Connections accepted.",
                                              labels::listener};
inline constexpr MetricDescriptor link_refused{"tenon_link_refused_total", counter,
                                               "Connections that ended before their filters were ready.",
                                               labels::listener};
inline constexpr MetricDescriptor link_over_limit{
    "tenon_link_over_limit_total", counter,
    "Connections closed at once because the listener has as many as it may, from this address or in all, or "
    "because they would have had to wait too long for their turn.",
    labels::listener_limit};
inline constexpr MetricDescriptor link_waited{
    "tenon_link_waited_total", counter,
    "Connections that had to wait for their turn: `connection_rate_max`, or memory is short.",
    labels::listener};
inline constexpr MetricDescriptor link_received_bytes{"tenon_link_received_bytes_total", counter,
                                                      "Bytes received from clients.", labels::listener};
inline constexpr MetricDescriptor link_sent_bytes{"tenon_link_sent_bytes_total", counter,
                                                  "Bytes sent to clients.", labels::listener};

// mqtt
inline constexpr MetricDescriptor mqtt_connects_received{
    "tenon_mqtt_connects_received_total", counter,
    "CONNECT packets received, also of clients that were not let in."};
inline constexpr MetricDescriptor mqtt_protocol_errors{"tenon_mqtt_protocol_errors_total", counter,
                                                       "Links closed because the client broke the protocol."};
inline constexpr MetricDescriptor publish_received{
    "tenon_publish_received_total", counter, "Application messages received from clients.", labels::qos};
inline constexpr MetricDescriptor publish_sent{"tenon_publish_sent_total", counter,
                                               "Application messages sent to clients, without repeats.",
                                               labels::qos};
inline constexpr MetricDescriptor publish_dropped{"tenon_publish_dropped_total", counter,
                                                  "Application messages not delivered to a receiver. "
                                                  "`session_ended`: with QoS 1 or 2, of a session that "
                                                  "ended with its connection; they waited, or the client "
                                                  "had not acknowledged them and may have them.",
                                                  labels::cause};

// overload
inline constexpr MetricDescriptor limit_met{
    "tenon_limit_met_total", counter,
    "What clients wanted and a limit refused. `flapping`: a CONNECT of a client that is kept out; `banned`: "
    "of one that an operator keeps out, or that was sent away for it. "
    "`client_rate`, `tenant_rate` and `memory`: pauses in which a client was not read; nothing was refused. "
    "`payload_format`: payloads, also of wills, that are not the text that they are said to be. "
    "`memory_refused`: a CONNECT while memory is short. `slow_client` and `memory_shed`: clients that were "
    "disconnected.",
    labels::limit};
inline constexpr MetricDescriptor overload_memory{
    "tenon_overload_memory_bytes", gauge, "Memory of the process that is resident and backed by no file."};
inline constexpr MetricDescriptor overload_memory_mark{
    "tenon_overload_memory_high_bytes", gauge,
    "Above it, memory is short; see `overload.memory_high_bytes`."};
inline constexpr MetricDescriptor overload_memory_high{
    "tenon_overload_memory_high", gauge,
    "1 while memory is short: publishers are read, and connections accepted, slowly."};
inline constexpr MetricDescriptor overload_memory_level{
    "tenon_overload_memory_level", gauge,
    "How short memory is: 0 not; 1 publishers are read, and connections accepted, slowly; 2 nobody is let "
    "in; 3 QoS 0 to clients is dropped, and idle clients are sent away."};
inline constexpr MetricDescriptor bans_in_force{"tenon_overload_operator_bans", gauge,
                                                "Bans by operators that this node obeys."};
inline constexpr MetricDescriptor overload_bans{
    "tenon_overload_bans_total", counter,
    "Clients that began to be kept out because they connect too often."};

// range
inline constexpr MetricDescriptor range_replicas{"tenon_range_replicas", gauge,
                                                 "Replicas that this node has.", labels::store};
inline constexpr MetricDescriptor range_led{"tenon_range_led", gauge, "Ranges that this node leads.",
                                            labels::store};
inline constexpr MetricDescriptor range_leaderless{
    "tenon_range_leaderless", gauge, "Ranges without a leader that this node knows of.", labels::store};
inline constexpr MetricDescriptor range_provisional{
    "tenon_range_provisional", gauge,
    "Ranges that were recovered on nothing but silence, and wait for a majority or for an operator.",
    labels::store};
inline constexpr MetricDescriptor range_kept{
    "tenon_range_kept", gauge,
    "Replicas of this node that are kept aside and serve nobody, as others have recovered their range on "
    "nothing but silence.",
    labels::store};
inline constexpr MetricDescriptor range_failed{
    "tenon_range_failed", gauge, "Replicas of this node that can't be used or are being rebuilt.",
    labels::store};
inline constexpr MetricDescriptor range_lag{
    "tenon_range_lag_entries", gauge,
    "Of the ranges that this node leads: how many entries of the log the member lacks that lacks most.",
    labels::store};
inline constexpr MetricDescriptor range_commands{
    "tenon_range_commands_rate", gauge,
    "Commands a second of the ranges that this node leads, in the mean of the last minute.", labels::store};

// session
inline constexpr MetricDescriptor session_count{"tenon_session_known_sessions", gauge,
                                                "Sessions, connected or not."};
inline constexpr MetricDescriptor session_connected{"tenon_session_connected_sessions", gauge,
                                                    "Sessions with a connected client."};
inline constexpr MetricDescriptor session_taken_over{"tenon_session_taken_over_total", counter,
                                                     "Sessions that a newer connection took over."};
inline constexpr MetricDescriptor session_expired{"tenon_session_expired_total", counter,
                                                  "Sessions discarded because their expiry passed."};
inline constexpr MetricDescriptor session_redirected{
    "tenon_session_redirected_total", counter,
    "Clients that were sent to another node, or not let in, while this one is drained, or by a traffic "
    "directive."};
inline constexpr MetricDescriptor session_cut_off{
    "tenon_session_cut_off_total",
    counter,
    "Clients with a session or a will that were sent away as no majority of its range was linked.",
    {}};
inline constexpr MetricDescriptor session_queue{"tenon_session_queue_messages", gauge,
                                                "Messages that wait in the queues of sessions."};
inline constexpr MetricDescriptor session_queue_bytes{
    "tenon_session_queue_bytes", gauge, "Bytes of messages that wait in the queues of sessions."};

// routing
inline constexpr MetricDescriptor routing_subscriptions{"tenon_routing_subscriptions", gauge,
                                                        "Subscriptions of all sessions."};
inline constexpr MetricDescriptor routing_node_routes{
    "tenon_routing_node_routes", gauge, "Filters that other nodes want messages of, each node's counted."};
inline constexpr MetricDescriptor routing_node_messages{
    "tenon_routing_node_messages_total", counter,
    "Messages to and from other nodes for subscribers there and here that have no inbox, or get them with "
    "QoS "
    "0. A message that is for several nodes counts for each.",
    labels::direction};
inline constexpr MetricDescriptor routing_passed_on{"tenon_routing_passed_on_total", counter,
                                                    "Messages of shared subscriptions that were given to "
                                                    "another member because the one that was to have them, "
                                                    "or had not acknowledged them, is gone."};
inline constexpr MetricDescriptor retained_messages{"tenon_retained_messages", gauge, "Retained messages."};
inline constexpr MetricDescriptor retained_bytes{"tenon_retained_bytes", gauge,
                                                 "Bytes of retained messages, topics included."};

// auth
inline constexpr MetricDescriptor auth_logins{"tenon_auth_logins_total", counter, "Decisions on CONNECT.",
                                              labels::result};
inline constexpr MetricDescriptor auth_login_time{
    "tenon_auth_login_seconds", histogram,       "How long decisions on CONNECT took.", {},
    MetricScale::nanoseconds,   buckets::seconds};
inline constexpr MetricDescriptor auth_denied{
    "tenon_auth_denied_total", counter, "Publishes and subscribes refused by access rules.", labels::type};

// api
inline constexpr MetricDescriptor api_requests{"tenon_api_requests_total", counter,
                                               "Requests that the HTTP API answered, by status code.",
                                               labels::code};

// balance
inline constexpr MetricDescriptor balance_planner{
    "tenon_balance_planner", gauge, "1 when this node plans where replicas and leaders go, else 0."};
inline constexpr MetricDescriptor balance_round{
    "tenon_balance_round_seconds", gauge, "How long the last round of all balancers took at this node."};
inline constexpr MetricDescriptor balance_plans{"tenon_balance_plans_total", counter,
                                                "Plans that a balancer was asked for at this node.",
                                                labels::balancer};
inline constexpr MetricDescriptor balance_commands{
    "tenon_balance_commands_total", counter,
    "Commands of a balancer, by what came of them: done, failed, or held back for a while.",
    labels::balancer_result};
inline constexpr MetricDescriptor balance_refused{
    "tenon_balance_refused_total", counter, "Commands of a balancer that were refused as wrong, by cause.",
    labels::balancer_cause};

// peer
inline constexpr MetricDescriptor peer_links{"tenon_peer_links", gauge, "Links to other nodes that are up."};
inline constexpr MetricDescriptor peer_received_bytes{"tenon_peer_received_bytes_total", counter,
                                                      "Bytes received from other nodes."};
inline constexpr MetricDescriptor peer_sent_bytes{"tenon_peer_sent_bytes_total", counter,
                                                  "Bytes sent to other nodes."};
inline constexpr MetricDescriptor peer_received_messages{"tenon_peer_received_messages_total", counter,
                                                         "Messages received from other nodes."};
inline constexpr MetricDescriptor peer_sent_messages{"tenon_peer_sent_messages_total", counter,
                                                     "Messages taken for sending to other nodes."};
inline constexpr MetricDescriptor peer_dropped_messages{"tenon_peer_dropped_messages_total", counter,
                                                        "Messages to other nodes that were not sent.",
                                                        labels::cause};
inline constexpr MetricDescriptor peer_refused_links{
    "tenon_peer_refused_links_total", counter,
    "Links to other nodes that were refused, by this node or the other one.", labels::reason};
inline constexpr MetricDescriptor peer_ended_links{
    "tenon_peer_ended_links_total", counter, "Links to other nodes that were up and ended.", labels::reason};
inline constexpr MetricDescriptor peer_queue_bytes{"tenon_peer_queue_bytes", gauge,
                                                   "Bytes that wait for links to other nodes."};
inline constexpr MetricDescriptor peer_lane_queue_bytes{
    "tenon_peer_lane_queue_bytes", gauge,
    "Bytes of messages that wait on a lane of the links to other nodes.", labels::lane};
inline constexpr MetricDescriptor peer_lane_credit_bytes{
    "tenon_peer_lane_credit_bytes", gauge,
    "Bytes that all other nodes together let come on a lane before they have worked off what they got.",
    labels::lane};
inline constexpr MetricDescriptor peer_lane_stalls{
    "tenon_peer_lane_stalls_total", counter,
    "How often a lane of a link had something to send and had to wait for the other node to work.",
    labels::lane};

// events
inline constexpr MetricDescriptor events_delivered{"tenon_events_delivered_total", counter,
                                                   "Events that an observer has taken.", labels::plugin};
inline constexpr MetricDescriptor events_dropped{
    "tenon_events_dropped_total", counter,
    "Events that were left out, as more waited for an observer than its queue may hold.", labels::plugin};
inline constexpr MetricDescriptor events_failed{
    "tenon_events_failed_total", counter, "Events that an observer could do nothing with.", labels::plugin};
inline constexpr MetricDescriptor events_queue_bytes{
    "tenon_events_queue_bytes", gauge, "Bytes of the events that wait for an observer.", labels::plugin};

// intercept
inline constexpr MetricDescriptor intercept_asked{"tenon_intercept_asked_total", counter,
                                                  "Messages that an interceptor was shown.", labels::plugin};
inline constexpr MetricDescriptor intercept_refused{
    "tenon_intercept_refused_total", counter, "Messages that an interceptor has refused.", labels::plugin};
inline constexpr MetricDescriptor intercept_dropped{
    "tenon_intercept_dropped_total", counter, "Messages that an interceptor has dropped.", labels::plugin};
inline constexpr MetricDescriptor intercept_replaced{
    "tenon_intercept_replaced_total", counter, "Messages of which an interceptor has replaced something.",
    labels::plugin};
inline constexpr MetricDescriptor intercept_failed{
    "tenon_intercept_failed_total", counter,
    "Messages that an interceptor erred at, or was late with: `intercept.*.on_error` decided.",
    labels::plugin};

// plugin
inline constexpr MetricDescriptor plugin_health{
    "tenon_plugin_health_state", gauge, "What a plugin reports of itself: 0 ok, 1 degraded, 2 failed.",
    labels::plugin};
inline constexpr MetricDescriptor plugin_slow_calls{"tenon_plugin_slow_calls_total", counter,
                                                    "Calls that took longer than the watchdog allows.",
                                                    labels::plugin};

}  // namespace metrics

// All of the above. Static; any thread.
std::span<const MetricDescriptor* const> all_metrics();

}  // namespace tenon::observe
