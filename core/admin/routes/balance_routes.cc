#include <array>

#include "admin/balance/rules_json.h"
#include "admin/json/balance_json.h"
#include "admin/path_text.h"
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

HttpAnswer get_rules(const ApiParts& parts, const Call&) {
  if (!parts.rules) return problem(404, "this broker runs no balancers");
  const auto rules = parts.rules->rules();
  if (!rules) return problem(503, "this node has not read the store meta yet");
  return HttpResponse{.body = rules_json(*rules), .fields = {}};
}

HttpAnswer get_rule_change(const ApiParts& parts, const Call& call) {
  const auto number = number_of(call.part);
  const auto change = number && parts.rules ? parts.rules->change_status(*number) : std::nullopt;
  if (!change) return problem(404, "there is no such change, or it is long over");
  return HttpResponse{.body = rule_change_json(*change), .fields = {}};
}

template <bool removes>
HttpAnswer change_rule(const ApiParts& parts, const Call& call) {
  if (!parts.rules) return problem(404, "this broker runs no balancers");
  Result<RuleChange> change = read_rule_change(removes, call.request.body);
  if (!change) return problem(400, change.error().message);
  change->store = call.part;
  change->balancer = call.second;
  change->by = call.caller.name;
  const Result<RuleChangeStatus> begun = parts.rules->change(*change);
  if (!begun) return problem(begun.error());
  return HttpResponse{.status = 202,
                      .body = rule_change_json(*begun),
                      .fields = {{"Location", "/api/v1/balance/changes/" + std::to_string(begun->id)}}};
}

constexpr std::array<Route, 6> routes = {{
    {{"GET", "/api/v1/balance"}, get_balance},
    {{"GET", "/api/v1/balance/view"}, get_view},
    {{"GET", "/api/v1/balance/rules"}, get_rules},
    {{"POST", "/api/v1/balance/rules/{store}/{balancer}", Access::owner, Role::operate}, change_rule<false>},
    {{"POST", "/api/v1/balance/rules/{store}/{balancer}/remove", Access::owner, Role::operate},
     change_rule<true>},
    {{"GET", "/api/v1/balance/changes/{change}"}, get_rule_change},
}};

}  // namespace

std::span<const Route> balance_routes() {
  return routes;
}

}  // namespace tenon::admin
