#include "admin/json/traffic_json.h"

#include <nlohmann/json.hpp>

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json directive_of(const DirectiveStatus& directive) {
  Json weights = Json::object();
  for (const auto& [group, weight] : directive.weights) weights[group] = weight;
  return {{"service", directive.name.service},
          {"tenants", directive.name.tenants},
          {"weights", std::move(weights)},
          {"reason", directive.reason},
          {"by", directive.by},
          {"set_ms", directive.set_ms},
          {"version", directive.version}};
}

// Who said them, where that was at runtime.
Json groups_of(const GroupsStatus& groups) {
  Json json = {{"id", groups.node}, {"groups", groups.groups}, {"version", groups.version}};
  if (groups.version == 0) return json;
  json["reason"] = groups.reason;
  json["by"] = groups.by;
  json["set_ms"] = groups.set_ms;
  return json;
}

Json node_of(const TrafficNode& node) {
  Json json = groups_of(node.groups);
  json["this"] = node.is_this;
  json["lets_in"] = node.lets_in;
  json["serves"] = Json::array();
  for (const TrafficNode::Row& row : node.rows)
    json["serves"].push_back({{"service", row.directive.service},
                              {"tenants", row.directive.tenants},
                              {"weight", row.weight},
                              {"clients", row.clients}});
  return json;
}

}  // namespace

std::string directive_json(const DirectiveStatus& directive) {
  return text_of(directive_of(directive));
}

std::string groups_json(const GroupsStatus& groups) {
  return text_of(groups_of(groups));
}

std::string traffic_json(const TrafficStatus& traffic) {
  Json json = {{"directives", Json::array()},
               {"nodes", Json::array()},
               {"away", Json::array()},
               {"missing_nodes", traffic.missing_nodes}};
  for (const DirectiveStatus& directive : traffic.directives)
    json["directives"].push_back(directive_of(directive));
  for (const TrafficNode& node : traffic.nodes) json["nodes"].push_back(node_of(node));
  for (const GroupsStatus& groups : traffic.away) json["away"].push_back(groups_of(groups));
  json["audit"] = Json::array();
  for (const TrafficAudit& one : traffic.audit)
    json["audit"].push_back({{"revision", one.revision},
                             {"at_ms", one.at_ms},
                             {"by", one.by},
                             {"what", one.what},
                             {"action", one.removed ? "removed" : "set"}});
  return text_of(json);
}

}  // namespace tenon::admin
