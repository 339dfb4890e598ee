#include "bin/ctl/commands/ban_views.h"
#include "bin/ctl/commands/command.h"
#include "bin/ctl/commands/config_views.h"
#include "bin/ctl/commands/message_views.h"
#include "bin/ctl/commands/node_views.h"
#include "bin/ctl/commands/report_views.h"
#include "bin/ctl/commands/session_views.h"
#include "bin/ctl/commands/trace_views.h"

namespace tenon::ctl {

namespace {

constexpr CommandValue client_word[] = {{"CLIENT", "", Place::path, Kind::text, true}};
constexpr CommandValue tenant{"--tenant", "tenant"};
constexpr CommandValue limit{"--limit", "limit"};
constexpr CommandValue cursor{"--cursor", "cursor"};

constexpr CommandValue session_list_options[] = {
    tenant, {"--prefix", "prefix"}, {"--node", "node"}, {"--state", "state"}, limit, cursor};
constexpr CommandValue tenant_option[] = {tenant};
constexpr CommandValue subscribe_options[] = {
    tenant,
    {"--filter", "filter", Place::body, Kind::text, true},
    {"--qos", "qos", Place::body, Kind::number, true},
    {"--no-local", "no_local", Place::body, Kind::flag},
    {"--retain-as-published", "retain_as_published", Place::body, Kind::flag},
    {"--subscription-id", "subscription_id", Place::body, Kind::number},
};
constexpr CommandValue unsubscribe_options[] = {tenant,
                                                {"--filter", "filter", Place::query, Kind::text, true}};
constexpr CommandValue route_options[] = {tenant, {"--prefix", "prefix"}, limit, cursor};

constexpr CommandValue publish_word[] = {{"TOPIC", "topic", Place::body, Kind::text, true}};
constexpr CommandValue publish_options[] = {
    {"--payload", "payload", Place::body},
    {"--payload-base64", "payload_base64", Place::body},
    {"--qos", "qos", Place::body, Kind::number},
    {"--retain", "retain", Place::body, Kind::flag},
    {"--expiry", "expiry_s", Place::body, Kind::number},
    {"--content-type", "content_type", Place::body},
    {"--response-topic", "response_topic", Place::body},
    {"--correlation-data-base64", "correlation_data_base64", Place::body},
    {"--user-property", "user_properties", Place::body, Kind::pair},
};
constexpr CommandValue topic_word[] = {{"TOPIC", "", Place::path, Kind::text, true}};
constexpr CommandValue retain_list_options[] = {tenant, {"--filter", "filter"}, limit, cursor};

constexpr CommandValue node_word[] = {{"NODE", "", Place::path, Kind::text, true}};
constexpr CommandValue reason{"--reason", "reason", Place::body};
constexpr CommandValue drain_options[] = {{"--rate", "rate", Place::body, Kind::number},
                                          {"--for-good", "for_good", Place::body, Kind::flag},
                                          reason};
constexpr CommandValue resume_options[] = {reason};
constexpr CommandValue remove_options[] = {{"--confirm", "confirm", Place::body, Kind::flag, true}, reason};
constexpr CommandValue page_options[] = {limit, cursor};
constexpr CommandValue ban_words[] = {{"KIND", "", Place::path, Kind::text, true},
                                      {"PATTERN", "", Place::path, Kind::text, true}};
constexpr CommandValue ban_add_options[] = {
    {"--reason", "reason", Place::body},
    {"--duration", "duration_s", Place::body, Kind::number},
    {"--if-version", "version", Place::body, Kind::number},
};

constexpr CommandValue plugin_word[] = {{"PLUGIN", "", Place::path, Kind::text, true}};
constexpr CommandValue level_words[] = {{"AREA", "", Place::path, Kind::text, true},
                                        {"LEVEL", "level", Place::body, Kind::text, true}};
constexpr CommandValue level_options[] = {{"--duration", "duration_s", Place::body, Kind::number}};
constexpr CommandValue trace_word[] = {{"TRACE", "", Place::path, Kind::text, true}};
constexpr CommandValue trace_start_options[] = {
    {"--client", "client", Place::body},
    {"--topic", "topic", Place::body},
    {"--address", "address", Place::body},
    {"--duration", "duration_s", Place::body, Kind::number},
    {"--lines", "lines_max", Place::body, Kind::number},
    {"--bytes", "bytes_max", Place::body, Kind::number},
};

constexpr ApiCommand commands[] = {
    {"session list",
     "GET",
     "/api/v1/sessions",
     {},
     session_list_options,
     sessions_view,
     "Connected clients and stored sessions of the whole cluster.",
     "sessions"},
    {"session show", "GET", "/api/v1/sessions/{}", client_word, tenant_option, session_view,
     "One session: connection, queue, subscriptions."},
    {"session kick", "POST", "/api/v1/sessions/{}/kick", client_word, tenant_option, kicked_view,
     "Ends the client's connection; a stored session stays."},
    {"session delete", "DELETE", "/api/v1/sessions/{}", client_word, tenant_option, ended_view,
     "Ends the session: what it has stored is gone, its will is published."},
    {"session subscribe", "POST", "/api/v1/sessions/{}/subscriptions", client_word, subscribe_options,
     existed_view, "Subscribes a stored session in its client's place."},
    {"session unsubscribe", "DELETE", "/api/v1/sessions/{}/subscriptions", client_word, unsubscribe_options,
     existed_view, "Removes a subscription of a stored session."},
    {"route list",
     "GET",
     "/api/v1/routes",
     {},
     route_options,
     routes_view,
     "Subscriptions of stored sessions by their filters.",
     "routes"},
    {"publish", "POST", "/api/v1/publish", publish_word, publish_options, published_view,
     "Publishes a message; --payload or --payload-base64 is needed."},
    {"retain list",
     "GET",
     "/api/v1/retained",
     {},
     retain_list_options,
     retained_list_view,
     "Retained messages, in the order of the levels of their topics.",
     "messages"},
    {"retain show", "GET", "/api/v1/retained/{}", topic_word, tenant_option, retained_view,
     "The payload of the retained message of a topic."},
    {"node list",
     "GET",
     "/api/v1/nodes",
     {},
     {},
     nodes_view,
     "All nodes of the cluster, and how far those are that are drained."},
    {"node drain", "POST", "/api/v1/nodes/{}/drain", node_word, drain_options, node_view,
     "Has a node give away its leaders, its clients, so many each second, and its replicas."},
    {"node resume", "POST", "/api/v1/nodes/{}/resume", node_word, resume_options, node_view,
     "Has a node that is drained serve again."},
    {"node remove", "POST", "/api/v1/nodes/{}/remove", node_word, remove_options, node_view,
     "Says that a node is gone for good: its replicas are made anew, its id is not let in again."},
    {"retain delete", "DELETE", "/api/v1/retained/{}", topic_word, tenant_option, deleted_view,
     "Removes the retained message of a topic."},
    {"report list",
     "GET",
     "/api/v1/reports",
     {},
     {},
     reports_view,
     "What the node's replicas held of ranges that were recovered without it."},
    {"ban list",
     "GET",
     "/api/v1/bans",
     {},
     page_options,
     bans_view,
     "Who may not connect, and whom nodes keep out by themselves.",
     "bans"},
    {"ban show", "GET", "/api/v1/bans/{}/{}", ban_words, {}, ban_view, "One ban."},
    {"ban add", "PUT", "/api/v1/bans/{}/{}", ban_words, ban_add_options, ban_set_view,
     "Keeps out a client, a user or an address; '*' stands for any text."},
    {"ban remove", "DELETE", "/api/v1/bans/{}/{}", ban_words, {}, deleted_view, "Lets them in again."},
    {"config show",
     "GET",
     "/api/v1/config",
     {},
     {},
     config_view,
     "What holds on the node, and where each value is said."},
    {"config diff",
     "GET",
     "/api/v1/config/diff",
     {},
     {},
     config_diff_view,
     "What a reload or a restart would change."},
    {"config reload",
     "POST",
     "/api/v1/config/reload",
     {},
     {},
     reload_view,
     "Takes what the files say now; lists what waits for a restart."},
    {"plugin list",
     "GET",
     "/api/v1/plugins",
     {},
     {},
     plugins_view,
     "Plugins with versions, health and counts."},
    {"plugin show", "GET", "/api/v1/plugins/{}", plugin_word, {}, plugin_view, "One plugin."},
    {"log levels",
     "GET",
     "/api/v1/log/levels",
     {},
     {},
     log_levels_view,
     "How much each area of the node's log says."},
    {"log level", "PUT", "/api/v1/log/levels/{}", level_words, level_options, log_levels_view,
     "Has an area, or all, say more or less, for so many seconds or until the next reload."},
    {"trace start",
     "POST",
     "/api/v1/traces",
     {},
     trace_start_options,
     trace_begun_view,
     "Traces packets of a client, a topic filter or an address on all nodes; '*' stands for any text."},
    {"trace list", "GET", "/api/v1/traces", {}, {}, traces_view, "Traces that were begun through the node."},
    {"trace show", "GET", "/api/v1/traces/{}", trace_word, page_options, trace_view,
     "Lines of a trace; --all goes on until it is over.", "lines", true},
    {"trace stop",
     "POST",
     "/api/v1/traces/{}/stop",
     trace_word,
     {},
     trace_stopped_view,
     "Ends a trace; its lines are kept."},
};

std::string value_help(const CommandValue& option) {
  std::string text(option.name);
  if (option.kind == Kind::number) text += " N";
  if (option.kind == Kind::text) text += " TEXT";
  if (option.kind == Kind::pair) text += " NAME=VALUE";
  return option.required ? text : "[" + text + "]";
}

}  // namespace

std::span<const ApiCommand> api_commands() {
  return commands;
}

std::string api_commands_help() {
  std::string out;
  for (const ApiCommand& command : commands) {
    std::string line = "  tenonctl " + std::string(command.words);
    for (const CommandValue& word : command.word) line += " " + std::string(word.name);
    for (const CommandValue& option : command.options) line += " " + value_help(option);
    if (!command.list.empty()) line += " [--all]";
    out += line + "\n                                        " + std::string(command.help) + "\n";
  }
  return out;
}

}  // namespace tenon::ctl
