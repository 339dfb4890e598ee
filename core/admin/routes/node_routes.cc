#include <array>

#include "admin/nodes/nodes_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"
#include "admin/routes/versions.h"

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

HttpResponse response_of(const Result<NodeState>& node) {
  if (!node.ok()) return problem(node.error());
  return HttpResponse{.body = node_json(*node), .fields = {{"ETag", etag_of(node->version)}}};
}

// An order was refused that wants a version by its header: for that, or as it would have been anyway?
void explain_refusal(NodeSource* nodes, const NodeOrder& order, const Error& error, HttpDone done) {
  nodes->show(order.node, [order, error, done = std::move(done)](Result<NodeState>&& now) {
    const bool is_other = now.ok() && now->version != order.version;
    done(is_other ? problem(412, error.message) : problem(error));
  });
}

HttpAnswer show_node(const ApiParts& parts, const Call& call) {
  NodeSource* const nodes = parts.nodes;
  if (!nodes) return no_nodes();
  return HttpWork{[nodes, id = call.part](HttpDone done) {
    nodes->show(id, [done = std::move(done)](Result<NodeState>&& node) { done(response_of(node)); });
  }};
}

template <class Order, Result<Order> (*read)(std::string_view),
          void (NodeSource::*action)(const Order&, Then<NodeState>)>
HttpAnswer order_node(const ApiParts& parts, const Call& call) {
  NodeSource* const nodes = parts.nodes;
  if (!nodes) return no_nodes();
  Result<Order> order = read(call.request.body);
  if (!order) return problem(order.error());
  const auto is_conditional = take_wanted_version(call.request, order->version);
  if (!is_conditional) return problem(is_conditional.error());
  order->node = call.part;
  order->by = call.caller.name;
  return HttpWork{[nodes, order = std::move(*order), is_conditional = *is_conditional](HttpDone done) {
    (nodes->*action)(order, [nodes, wanted = NodeOrder{order.node, {}, {}, order.version}, is_conditional,
                             done = std::move(done)](Result<NodeState>&& node) {
      if (!node.ok() && node.error().code == Errc::exists && is_conditional)
        return explain_refusal(nodes, wanted, node.error(), done);
      done(response_of(node));
    });
  }};
}

constexpr std::array<Route, 5> routes = {{
    {{"GET", "/api/v1/nodes"}, list_nodes},
    {{"GET", "/api/v1/nodes/{node}"}, show_node},
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
