#include "admin/json/status_json.h"

#include <nlohmann/json.hpp>

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json conditions_of(const observe::HealthReport& health) {
  Json out = Json::array();
  for (const observe::HealthCondition& condition : health.conditions)
    out.push_back({{"name", condition.name},
                   {"state", observe::to_string(condition.state)},
                   {"reason", condition.reason}});
  return out;
}

Json listener_of(const ListenerStatus& listener) {
  return {{"name", listener.name},
          {"transport", listener.transport},
          {"address", listener.address},
          {"port", listener.port},
          {"connections", listener.connections}};
}

Json plugin_of(const PluginStatus& plugin) {
  Json counters = Json::object();
  for (const auto& [name, value] : plugin.counters) counters[name] = value;
  return {{"name", plugin.name},
          {"kind", plugin.kind},
          {"version", plugin.version},
          {"level", plugin.level},
          {"state", plugin.state},
          {"health", plugin.health},
          {"health_reason", plugin.health_reason},
          {"counters", std::move(counters)}};
}

template <class Items, class ToJson>
Json array_of(const Items& items, ToJson to_json) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace

std::string status_json(const NodeStatus& status, const observe::HealthReport& health) {
  Json json;
  json["version"] = status.version;
  json["node"] = {{"id", status.node_id},
                  {"pid", status.pid},
                  {"uptime_s", status.uptime_s},
                  {"workers", status.workers}};
  json["ready"] = health.ready;
  json["conditions"] = conditions_of(health);
  json["listeners"] = array_of(status.listeners, listener_of);
  json["plugins"] = array_of(status.plugins, plugin_of);
  json["counts"] = {{"connections", status.connections},
                    {"sessions", status.sessions},
                    {"subscriptions", status.subscriptions},
                    {"retained_messages", status.retained_messages}};
  json["messages"] = {{"received", status.messages_received},
                      {"sent", status.messages_sent},
                      {"dropped", status.messages_dropped}};
  return text_of(json);
}

std::string plugins_json(const std::vector<PluginStatus>& plugins) {
  return text_of({{"plugins", array_of(plugins, plugin_of)}});
}

std::string plugin_json(const PluginStatus& plugin) {
  return text_of(plugin_of(plugin));
}

std::string health_json(const observe::HealthReport& health) {
  return text_of({{"ready", health.ready}, {"conditions", conditions_of(health)}});
}

}  // namespace tenon::admin
