#include "admin/api.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "admin/admin_token.h"
#include "admin/balance/rules_json.h"
#include "admin/balance_json.h"
#include "admin/openapi.h"
#include "admin/problem.h"
#include "admin/ranges_json.h"
#include "admin/status_json.h"
#include "observe/metrics/exposition.h"

namespace tenon::admin {

namespace {

enum class Action : std::uint8_t {
  healthz,
  readyz,
  metrics,
  status,
  openapi,
  ranges,
  transfer,
  split,
  merge,
  members,
  recover,
  order,
  balance,
  view,
  rules,
  set_rule,
  remove_rule,
  rule_change
};

struct Route {
  RouteInfo info;
  Action action;
};

// HEAD is answered wherever GET is.
constexpr std::array<Route, 18> route_table = {{
    {{"GET", "/healthz", Access::open}, Action::healthz},
    {{"GET", "/readyz", Access::loopback}, Action::readyz},
    {{"GET", "/metrics", Access::loopback}, Action::metrics},
    {{"GET", "/api/v1/status", Access::owner}, Action::status},
    {{"GET", "/api/v1/openapi.json", Access::owner}, Action::openapi},
    {{"GET", "/api/v1/ranges", Access::owner}, Action::ranges},
    {{"POST", "/api/v1/ranges/{range}/transfer", Access::owner}, Action::transfer},
    {{"POST", "/api/v1/ranges/{range}/split", Access::owner}, Action::split},
    {{"POST", "/api/v1/ranges/{range}/merge", Access::owner}, Action::merge},
    {{"POST", "/api/v1/ranges/{range}/members", Access::owner}, Action::members},
    {{"POST", "/api/v1/ranges/{range}/recover", Access::owner}, Action::recover},
    {{"GET", "/api/v1/orders/{order}", Access::owner}, Action::order},
    {{"GET", "/api/v1/balance", Access::owner}, Action::balance},
    {{"GET", "/api/v1/balance/view", Access::owner}, Action::view},
    {{"GET", "/api/v1/balance/rules", Access::owner}, Action::rules},
    {{"POST", "/api/v1/balance/rules/{store}/{balancer}", Access::owner}, Action::set_rule},
    {{"POST", "/api/v1/balance/rules/{store}/{balancer}/remove", Access::owner}, Action::remove_rule},
    {{"GET", "/api/v1/balance/changes/{change}", Access::owner}, Action::rule_change},
}};

bool answers(const Route& route, std::string_view method) {
  return method == route.info.method || (method == "HEAD" && route.info.method == "GET");
}

// Takes what stands before the next '/' off `path`, and that with it.
std::string_view take_part(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view part = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return part;
}

// What the braces of a path stand for, in their order.
using Parts = std::array<std::string_view, 2>;

// Whether `path` is one that the route's path stands for.
bool is_at(std::string_view pattern, std::string_view path, Parts* ret_parts = nullptr) {
  std::size_t open_count = 0;
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return false;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = take_part(pattern);
    const std::string_view part = take_part(path);
    const bool is_open = wanted.starts_with('{');
    if (is_open ? part.empty() : part != wanted) return false;
    if (is_open && ret_parts) (*ret_parts)[open_count++] = part;
  }
  return true;
}

// Null when no route has the path and the method.
const Route* find_route(const HttpRequest& request) {
  for (const Route& route : route_table)
    if (is_at(route.info.path, request.path) && answers(route, request.method)) return &route;
  return nullptr;
}

// The methods that a path answers to, as the Allow field lists them; empty when there is no such path.
std::string allowed_methods(std::string_view path) {
  std::string out;
  for (const Route& route : route_table) {
    if (!is_at(route.info.path, path)) continue;
    out += (out.empty() ? "" : ", ") + std::string(route.info.method);
    if (route.info.method == "GET") out += ", HEAD";
  }
  return out;
}

HttpResponse not_routed(const HttpRequest& request) {
  const std::string allowed = allowed_methods(request.path);
  if (allowed.empty())
    return problem(404,
                   "there is nothing at " + request.path + "; GET /api/v1/openapi.json lists what there is");
  HttpResponse response =
      problem(405, request.path + " does not answer to " + request.method + ", only to " + allowed);
  response.fields.emplace_back("Allow", allowed);
  return response;
}

bool is_json(std::string_view type) {
  constexpr std::string_view json = "application/json";
  const std::string_view rest = type.substr(std::min(type.size(), json.size()));
  return equal_ignoring_case(type.substr(0, json.size()), json) &&
         (rest.empty() || rest.front() == ';' || rest.front() == ' ');
}

HttpResponse no_json() {
  return problem(415, "the body has to be JSON, and Content-Type to say so: application/json");
}

// Empty: it is no number in decimal digits.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint16_t http_status_of(Errc code) {
  switch (code) {
    case Errc::not_found:
      return 404;
    case Errc::busy:
      return 503;
    default:
      return 400;
  }
}

bool is_trusted(PeerTrust peer, Access access) {
  switch (access) {
    case Access::open:
      return true;
    case Access::loopback:
      return peer >= PeerTrust::loopback;
    case Access::owner:
      return peer == PeerTrust::owner;
  }
  return false;
}

HttpResponse unauthorized(const HttpRequest& request) {
  HttpResponse response =
      problem(401, request.field("authorization").empty()
                       ? "this needs the administrator's token (admin.token in the broker's "
                         "data directory) as a bearer token"
                       : "the token is not the administrator's");
  response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"tenon\"");
  return response;
}

constexpr auto route_infos = [] {
  std::array<RouteInfo, route_table.size()> infos;
  std::transform(route_table.begin(), route_table.end(), infos.begin(),
                 [](const Route& r) { return r.info; });
  return infos;
}();

}  // namespace

Api::Api(const StatusSource& status, RangeSource& ranges, const observe::MetricRegistry& metrics,
         const observe::Health& health, std::string admin_token, const BalanceSource* balance,
         RuleSource* rules)
    : status_(status),
      ranges_(ranges),
      metrics_(metrics),
      health_(health),
      admin_token_(std::move(admin_token)),
      balance_(balance),
      rules_(rules) {}

std::span<const RouteInfo> Api::routes() {
  return route_infos;
}

std::optional<HttpResponse> Api::refuse(const HttpRequest& request) const {
  const Route* route = find_route(request);
  if (!route) return not_routed(request);
  if (!is_trusted(request.peer, route->info.access) &&
      !is_authorized(request.field("authorization"), admin_token_))
    return unauthorized(request);
  if (request.method == "POST" && !is_json(request.field("content-type"))) return no_json();
  return std::nullopt;
}

HttpResponse Api::handle(const HttpRequest& request) const {
  const Route* route = find_route(request);
  Parts parts;
  if (!route || !is_at(route->info.path, request.path, &parts)) return not_routed(request);
  const std::string_view part = parts[0];
  switch (route->action) {
    case Action::healthz:
      return get_health();
    case Action::readyz:
      return get_ready();
    case Action::metrics:
      return get_metrics(request);
    case Action::status:
      return get_status();
    case Action::openapi:
      return {.content_type = "application/openapi+json;version=3.1",
              .body = std::string(openapi_document()),
              .fields = {}};
    case Action::ranges:
      return {.body = ranges_json(ranges_.ranges()), .fields = {}};
    case Action::transfer:
      return give_order(request, RangeOrder::Action::transfer, part);
    case Action::split:
      return give_order(request, RangeOrder::Action::split, part);
    case Action::merge:
      return give_order(request, RangeOrder::Action::merge, part);
    case Action::members:
      return give_order(request, RangeOrder::Action::members, part);
    case Action::recover:
      return give_order(request, RangeOrder::Action::recover, part);
    case Action::order:
      return get_order(part);
    case Action::balance:
      return get_balance();
    case Action::view:
      return get_view();
    case Action::rules:
      return get_rules();
    case Action::set_rule:
      return change_rule(request, false, part, parts[1]);
    case Action::remove_rule:
      return change_rule(request, true, part, parts[1]);
    case Action::rule_change:
      return get_rule_change(part);
  }
  return not_routed(request);
}

HttpResponse Api::get_order(std::string_view id) const {
  const auto number = number_of(id);
  const auto order = number ? ranges_.order(*number) : std::nullopt;
  if (!order) return problem(404, "there is no such order, or it is long over");
  return {.body = order_json(*order), .fields = {}};
}

HttpResponse Api::give_order(const HttpRequest& request, RangeOrder::Action action,
                             std::string_view id) const {
  const auto range = number_of(id);
  if (!range) return problem(404, "there is no such range; GET /api/v1/ranges lists them");
  Result<RangeOrder> order = read_range_order(action, *range, request.body);
  if (!order) return problem(400, order.error().message);
  order->by = request.peer == PeerTrust::owner ? "owner" : "token";
  const Result<OrderStatus> given = ranges_.give(*order);
  if (!given) return problem(http_status_of(given.error().code), given.error().message);
  return {.status = 202,
          .body = order_json(*given),
          .fields = {{"Location", "/api/v1/orders/" + std::to_string(given->id)}}};
}

HttpResponse Api::get_balance() const {
  if (!balance_) return problem(404, "this broker runs no balancers");
  return {.body = explanation_json(balance_->explanation(), balance_->planner()), .fields = {}};
}

HttpResponse Api::get_view() const {
  const auto view = balance_ ? balance_->view() : std::nullopt;
  if (view) return {.body = view_json(*view), .fields = {}};
  const std::string planner = balance_ ? balance_->planner() : std::string();
  return problem(404, planner.empty() ? "this node does not plan, and knows of nobody who does"
                                      : "this node does not plan; node " + planner + " does");
}

HttpResponse Api::get_rules() const {
  if (!rules_) return problem(404, "this broker runs no balancers");
  const auto rules = rules_->rules();
  if (!rules) return problem(503, "this node has not read the store meta yet");
  return {.body = rules_json(*rules), .fields = {}};
}

HttpResponse Api::get_rule_change(std::string_view id) const {
  const auto number = number_of(id);
  const auto change = number && rules_ ? rules_->change_status(*number) : std::nullopt;
  if (!change) return problem(404, "there is no such change, or it is long over");
  return {.body = rule_change_json(*change), .fields = {}};
}

HttpResponse Api::change_rule(const HttpRequest& request, bool removes, std::string_view store,
                              std::string_view balancer) const {
  if (!rules_) return problem(404, "this broker runs no balancers");
  Result<RuleChange> change = read_rule_change(removes, request.body);
  if (!change) return problem(400, change.error().message);
  change->store = store;
  change->balancer = balancer;
  change->by = request.peer == PeerTrust::owner ? "owner" : "token";
  const Result<RuleChangeStatus> begun = rules_->change(*change);
  if (!begun) return problem(http_status_of(begun.error().code), begun.error().message);
  return {.status = 202,
          .body = rule_change_json(*begun),
          .fields = {{"Location", "/api/v1/balance/changes/" + std::to_string(begun->id)}}};
}

HttpResponse Api::get_status() const {
  return {.body = status_json(status_.node_status(), health_.report()), .fields = {}};
}

// A load balancer or an operator asks here: damage that nothing but a person mends counts, what passes does
// not.
HttpResponse Api::get_health() const {
  for (const observe::HealthCondition& condition : health_.report().conditions)
    if (condition.name == observe::damage_condition && condition.state == observe::HealthState::failed)
      return {.status = 503,
              .content_type = "text/plain; charset=utf-8",
              .body = "not ok: " + condition.reason + "\n",
              .fields = {}};
  return {.content_type = "text/plain; charset=utf-8", .body = "ok\n", .fields = {}};
}

HttpResponse Api::get_ready() const {
  const observe::HealthReport report = health_.report();
  return {.status = static_cast<std::uint16_t>(report.ready ? 200 : 503),
          .body = health_json(report),
          .fields = {}};
}

HttpResponse Api::get_metrics(const HttpRequest& request) const {
  const auto format = observe::choose_exposition(request.field("accept"));
  return {.content_type = std::string(observe::content_type(format)),
          .body = observe::write_exposition(metrics_.collect(), format),
          .fields = {{"Vary", "Accept"}}};
}

}  // namespace tenon::admin
