#include <array>

#include "admin/balance_json.h"
#include "admin/problem.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

HttpAnswer get_balance(const ApiParts& parts, const Call&) {
  if (!parts.balance) return problem(404, "this broker runs no balancers");
  return HttpResponse{.body = explanation_json(parts.balance->explanation(), parts.balance->planner()),
                      .fields = {}};
}

HttpAnswer get_view(const ApiParts& parts, const Call&) {
  const auto view = parts.balance ? parts.balance->view() : std::nullopt;
  if (view) return HttpResponse{.body = view_json(*view), .fields = {}};
  const std::string planner = parts.balance ? parts.balance->planner() : std::string();
  return problem(404, planner.empty() ? "this node does not plan, and knows of nobody who does"
                                      : "this node does not plan; node " + planner + " does");
}

constexpr std::array<Route, 2> routes = {{
    {{"GET", "/api/v1/balance"}, get_balance},
    {{"GET", "/api/v1/balance/view"}, get_view},
}};

}  // namespace

std::span<const Route> balance_routes() {
  return routes;
}

}  // namespace tenon::admin
