#include <array>

#include "admin/nodes/nodes_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

HttpAnswer no_nodes() {
  return problem(404, "this broker knows of no nodes");
}

HttpAnswer list_nodes(const ApiParts& parts, const Call&) {
  NodeSource* const nodes = parts.nodes;
  if (!nodes) return no_nodes();
  return answer_later<NodeList>([nodes](Then<NodeList> then) { nodes->list(std::move(then)); },
                                node_list_json);
}

template <class Order, Result<Order> (*read)(std::string_view),
          void (NodeSource::*action)(const Order&, Then<NodeState>)>
HttpAnswer order_node(const ApiParts& parts, const Call& call) {
  NodeSource* const nodes = parts.nodes;
  if (!nodes) return no_nodes();
  Result<Order> order = read(call.request.body);
  if (!order) return problem(order.error());
  order->node = call.part;
  order->by = call.caller.name;
  return answer_later<NodeState>(
      [nodes, order = std::move(*order)](Then<NodeState> then) { (nodes->*action)(order, std::move(then)); },
      node_json);
}

constexpr std::array<Route, 4> routes = {{
    {{"GET", "/api/v1/nodes"}, list_nodes},
    {{"POST", "/api/v1/nodes/{node}/drain", Access::owner, Role::operate},
     order_node<DrainOrder, read_drain_order, &NodeSource::drain>},
    {{"POST", "/api/v1/nodes/{node}/resume", Access::owner, Role::operate},
     order_node<NodeOrder, read_node_order, &NodeSource::resume>},
    {{"POST", "/api/v1/nodes/{node}/remove", Access::owner, Role::operate},
     order_node<NodeOrder, read_removal_order, &NodeSource::remove>},
}};

}  // namespace

std::span<const Route> node_routes() {
  return routes;
}

}  // namespace tenon::admin
