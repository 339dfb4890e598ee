#include "node/traffic/traffic_record.h"

#include <algorithm>
#include <array>

#include "broker/traffic/directive.h"
#include "config/json/json_reader.h"
#include "config/json/json_writer.h"
#include "config/table/path.h"
#include "node/marks/node_marks.h"

namespace tenon::node {

using config::Kind;
using config::Value;

namespace {

constexpr std::string_view directives_prefix = "traffic/directives/";
constexpr std::size_t groups_max = 32;

// The services of a node, and why nobody chooses who serves; empty: a directive decides it.
struct Service {
  std::string_view name;
  std::string_view why_not;
};
constexpr std::string_view local_replica =
    "each node that serves clients has a replica of its own and matches there, so that there is nothing to "
    "choose";
constexpr std::string_view leader =
    "the leader of a range answers, and which node that is the balancers say (balancer range-leader)";
constexpr std::array<Service, 10> services = {{
    {"mqtt", ""},
    {"dist.server", local_replica},
    {"dist.worker", local_replica},
    {"retain.server", local_replica},
    {"retain.store", local_replica},
    {"inbox.server", leader},
    {"inbox.store", leader},
    {"meta.store", leader},
    {"dict.server",
     "all nodes must agree at every moment on who keeps a client id, so that it follows from the id alone"},
    {"api", "whoever asks has chosen the node"},
}};

Error wrong(std::string text) {
  return {Errc::invalid, std::move(text)};
}

Error no_group(std::string_view name) {
  return wrong("\"" + std::string(name) +
               "\" can be no group: 1 to 64 of a-z, A-Z, 0-9, - and _, starting with a letter or a digit");
}

std::optional<Value> read_object(std::string_view text) {
  std::vector<config::ConfigError> errors;
  auto value = config::read_json(text, nullptr, {}, errors);
  if (!value || !errors.empty() || !value->is_map()) return std::nullopt;
  return value;
}

std::string reason_of(const Value& object) {
  const Value* reason = object.find("reason");
  return reason && reason->kind == Kind::string ? reason->text : std::string();
}

std::string end_of(std::string_view reason, std::string_view tag) {
  return ",\"reason\":" + config::json_quoted(reason) + ",\"change\":" + config::json_quoted(tag) + "}";
}

}  // namespace

std::string path_of_directive(const admin::DirectiveName& name) {
  return std::string(directives_prefix) + name.service + "/" + name.tenants;
}

std::string path_of_groups(kv::NodeId node) {
  return std::string(groups_prefix) + text_of(node);
}

std::optional<admin::DirectiveStatus> read_directive(std::string_view path,
                                                     const service::meta::ValueRecord& record) {
  if (!path.starts_with(directives_prefix)) return std::nullopt;
  path.remove_prefix(directives_prefix.size());
  const std::size_t slash = path.find('/');
  const auto object = read_object(record.value);
  const Value* weights = object ? object->find("weights") : nullptr;
  if (slash == std::string_view::npos || !broker::is_tenant_pattern(path.substr(slash + 1)) || !weights ||
      !weights->is_map())
    return std::nullopt;
  admin::DirectiveStatus directive;
  directive.name = {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
  for (const config::Member& member : weights->members) {
    const bool is_weight = member.value.kind == Kind::integer && member.value.integer >= 0 &&
                           member.value.integer <= broker::traffic_weight_max;
    if (!is_weight) return std::nullopt;
    directive.weights[member.key] = static_cast<std::uint32_t>(member.value.integer);
  }
  directive.reason = reason_of(*object);
  directive.by = record.who;
  directive.set_ms = record.stamp_ms;
  directive.version = record.version;
  return directive;
}

std::optional<admin::GroupsStatus> read_groups(std::string_view path,
                                               const service::meta::ValueRecord& record) {
  if (!path.starts_with(groups_prefix)) return std::nullopt;
  const auto node = read_node_id(path.substr(groups_prefix.size()));
  const auto object = read_object(record.value);
  const Value* list = object ? object->find("groups") : nullptr;
  if (!node || !list || list->kind != Kind::list) return std::nullopt;
  admin::GroupsStatus groups;
  groups.node = text_of(*node);
  for (const Value& group : list->items) {
    if (group.kind != Kind::string) return std::nullopt;
    groups.groups.push_back(group.text);
  }
  groups.reason = reason_of(*object);
  groups.by = record.who;
  groups.set_ms = record.stamp_ms;
  groups.version = record.version;
  return groups;
}

std::string traffic_words_of(std::string_view path) {
  if (path.starts_with(groups_prefix)) return "groups " + std::string(path.substr(groups_prefix.size()));
  if (!path.starts_with(directives_prefix)) return {};
  std::string words = "directive " + std::string(path.substr(directives_prefix.size()));
  // No tenant's name has one.
  std::ranges::replace(words, '/', ' ');
  return words;
}

std::string text_of_directive(const admin::DirectiveChange& change, std::string_view tag) {
  std::string text = "{\"weights\":{";
  for (const auto& [group, weight] : change.weights)
    text += (text.back() == '{' ? "" : ",") + config::json_quoted(group) + ":" + std::to_string(weight);
  return text + "}" + end_of(change.reason, tag);
}

std::string text_of_groups(const admin::GroupsChange& change, std::string_view tag) {
  std::string text = "{\"groups\":[";
  for (const std::string& group : change.groups)
    text += (text.back() == '[' ? "" : ",") + config::json_quoted(group);
  return text + "]" + end_of(change.reason, tag);
}

Status may_direct(const admin::DirectiveChange& change) {
  const auto service = std::ranges::find(services, change.name.service, &Service::name);
  if (service == services.end())
    return Error{Errc::not_found,
                 "there is no service \"" + change.name.service + "\" that clients are sent to: mqtt"};
  if (!service->why_not.empty())
    return wrong("the service " + change.name.service +
                 " follows no directive: " + std::string(service->why_not));
  if (!broker::is_tenant_pattern(change.name.tenants))
    return wrong("\"" + change.name.tenants + "\" stands for no tenants: a name, its beginning and *, or *");
  if (change.removes) return {};
  if (change.weights.size() > groups_max) return wrong("more than " + std::to_string(groups_max) + " groups");
  for (const auto& [group, weight] : change.weights) {
    if (!config::is_valid_name(group)) return no_group(group);
    if (weight > broker::traffic_weight_max)
      return wrong("the weight of " + group + " is above " + std::to_string(broker::traffic_weight_max));
  }
  const bool serves = std::ranges::any_of(change.weights, [](const auto& one) { return one.second > 0; });
  if (!serves) return wrong("no group has a weight above 0: nobody would serve these clients");
  return {};
}

Status may_group(const admin::GroupsChange& change) {
  if (!read_node_id(change.node))
    return Error{Errc::not_found, "there is no node \"" + change.node + "\"; GET /api/v1/nodes lists them"};
  if (change.groups.size() > groups_max) return wrong("more than " + std::to_string(groups_max) + " groups");
  for (const std::string& group : change.groups)
    if (!config::is_valid_name(group)) return no_group(group);
  return {};
}

}  // namespace tenon::node
