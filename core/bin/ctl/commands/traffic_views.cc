#include "bin/ctl/commands/traffic_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

// "blue=3 green=1"
std::string weights_of(const Json& directive) {
  std::string text;
  for (const auto& [group, weight] : directive.at("weights").items())
    text += (text.empty() ? "" : " ") + group + "=" + std::to_string(weight.get<std::uint64_t>());
  return text.empty() ? "-" : text;
}

std::string groups_of(const Json& node) {
  std::string text;
  for (const Json& group : node.at("groups")) text += (text.empty() ? "" : " ") + group.get<std::string>();
  return text.empty() ? "-" : text;
}

// Where the groups are said.
std::string said_by(const Json& node) {
  return node.at("version").get<std::uint64_t>() == 0 ? "cluster.groups" : text_at(node, "by");
}

// "mqtt acme-*: weight 3, 17 clients"
std::string serves_of(const Json& row) {
  return text_at(row, "service") + " " + text_at(row, "tenants") + ": weight " + number_at(row, "weight") +
         ", " + number_at(row, "clients") + " clients";
}

}  // namespace

Result<std::string> traffic_view(const std::string& text) {
  const Json traffic = Json::parse(text);
  Table directives({"SERVICE", "TENANTS", "WEIGHTS", "BY", "REASON"});
  for (const Json& one : traffic.at("directives"))
    directives.add({text_at(one, "service"), text_at(one, "tenants"), weights_of(one), text_at(one, "by"),
                    text_at(one, "reason")});
  Table nodes({"NODE", "GROUPS", "SAID BY", "SERVES"});
  for (const Json& node : traffic.at("nodes")) {
    std::string name = text_at(node, "id") + (node.at("this").get<bool>() ? " *" : "");
    std::string groups = groups_of(node);
    std::string by = said_by(node);
    if (node.at("serves").empty())
      nodes.add({name, groups, by, node.at("lets_in").get<bool>() ? "all alike" : "nobody now"});
    for (const Json& row : node.at("serves")) {
      nodes.add({name, groups, by, node.at("lets_in").get<bool>() ? serves_of(row) : "nobody now"});
      name = groups = by = "";
    }
  }
  for (const Json& node : traffic.at("away"))
    nodes.add({text_at(node, "id"), groups_of(node), said_by(node), "away"});
  std::string out = directives.to_text() + "\n" + nodes.to_text();
  for (const Json& node : traffic.at("missing_nodes"))
    out += "node " + shown(node.get<std::string>()) + " has not answered\n";
  for (const Json& change : traffic.at("audit"))
    out += time_text(change.at("at_ms").get<std::int64_t>()) + " " + shown(text_at(change, "what")) + " " +
           text_at(change, "action") + " by " + shown(text_at(change, "by")) + "\n";
  return out;
}

Result<std::string> directive_view(const std::string& text) {
  const Json one = Json::parse(text);
  return line_of("service", text_at(one, "service")) + line_of("tenants", text_at(one, "tenants")) +
         line_of("weights", weights_of(one)) + line_of("reason", text_at(one, "reason")) +
         line_of("by", text_at(one, "by")) + line_of("set", time_text(one.at("set_ms").get<std::int64_t>())) +
         line_of("version", number_at(one, "version"));
}

Result<std::string> directive_set_view(const std::string& text) {
  const Json one = Json::parse(text);
  return shown(text_at(one, "service") + " " + text_at(one, "tenants")) + ": " + shown(weights_of(one)) +
         ", version " + number_at(one, "version") + "\n";
}

Result<std::string> groups_view(const std::string& text) {
  const Json node = Json::parse(text);
  return "node " + shown(text_at(node, "id")) + ": " + shown(groups_of(node)) + ", version " +
         number_at(node, "version") + "\n";
}

}  // namespace tenon::ctl
