#include "admin/nodes/nodes_json.h"

#include <nlohmann/json.hpp>

#include "admin/json/json_body.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t reason_bytes_max = 500;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json json_of(const NodeState& node) {
  Json json = {{"id", node.id}, {"state", node.state}, {"this", node.is_this}};
  if (node.load)
    json["load"] = {
        {"clients", node.load->clients}, {"leaders", node.load->leaders}, {"replicas", node.load->replicas}};
  if (node.drain)
    json["drain"] = {
        {"phase", node.drain->phase}, {"rate", node.drain->rate}, {"for_good", node.drain->is_for_good}};
  json["version"] = node.version;
  if (!node.by.empty()) json["by"] = node.by;
  if (!node.reason.empty()) json["reason"] = node.reason;
  if (node.set_ms != 0) json["set_ms"] = node.set_ms;
  return json;
}

// The version that an order wants, which may be missing.
template <class Order>
void take_version(JsonBody& body, Order& ret_order) {
  if (const auto version = body.number("version", 0, INT64_MAX))
    ret_order.version = static_cast<std::uint64_t>(*version);
}

Status reason_of(JsonBody& body, std::string& ret_reason) {
  ret_reason = body.text("reason").value_or("");
  if (ret_reason.size() > reason_bytes_max)
    return Error{Errc::invalid, "\"reason\" is longer than 500 bytes"};
  return {};
}

}  // namespace

std::string node_json(const NodeState& node) {
  return text_of(json_of(node));
}

std::string node_list_json(const NodeList& list) {
  Json nodes = Json::array();
  for (const NodeState& node : list.nodes) nodes.push_back(json_of(node));
  Json json = {{"nodes", std::move(nodes)}};
  if (!list.missing_nodes.empty()) json["missing_nodes"] = list.missing_nodes;
  return text_of(json);
}

Result<DrainOrder> read_drain_order(std::string_view text) {
  JsonBody body(text);
  DrainOrder order;
  if (const auto rate = body.number("rate", 1, NodeSource::rate_max))
    order.rate = static_cast<std::uint32_t>(*rate);
  order.is_for_good = body.flag("for_good").value_or(false);
  take_version(body, order);
  const Status reason = reason_of(body, order.reason);
  if (Status sound = body.end(); !sound) return sound.error();
  if (!reason) return reason.error();
  return order;
}

Result<NodeOrder> read_node_order(std::string_view text) {
  JsonBody body(text);
  NodeOrder order;
  take_version(body, order);
  const Status reason = reason_of(body, order.reason);
  if (Status sound = body.end(); !sound) return sound.error();
  if (!reason) return reason.error();
  return order;
}

Result<NodeOrder> read_removal_order(std::string_view text) {
  JsonBody body(text);
  NodeOrder order;
  const bool is_meant = body.flag("confirm").value_or(false);
  take_version(body, order);
  const Status reason = reason_of(body, order.reason);
  if (Status sound = body.end({"confirm"}); !sound) return sound.error();
  if (!reason) return reason.error();
  if (!is_meant) return Error{Errc::invalid, "nothing undoes a removal: \"confirm\" has to be true"};
  return order;
}

}  // namespace tenon::admin
