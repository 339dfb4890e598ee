#include "admin/api.h"

#include <algorithm>
#include <array>

#include "admin/admin_token.h"
#include "admin/openapi.h"
#include "admin/problem.h"
#include "admin/status_json.h"
#include "observe/metrics/exposition.h"

namespace tenon::admin {

namespace {

enum class Action : std::uint8_t { healthz, readyz, metrics, status, openapi };

struct Route {
  RouteInfo info;
  Action action;
};

// HEAD is answered wherever GET is.
constexpr std::array<Route, 5> route_table = {{
    {{"GET", "/healthz", Access::open}, Action::healthz},
    {{"GET", "/readyz", Access::loopback}, Action::readyz},
    {{"GET", "/metrics", Access::loopback}, Action::metrics},
    {{"GET", "/api/v1/status", Access::owner}, Action::status},
    {{"GET", "/api/v1/openapi.json", Access::owner}, Action::openapi},
}};

bool answers(const Route& route, std::string_view method) {
  return method == route.info.method || (method == "HEAD" && route.info.method == "GET");
}

// Null when no route has the path and the method.
const Route* find_route(const HttpRequest& request) {
  for (const Route& route : route_table)
    if (route.info.path == request.path && answers(route, request.method)) return &route;
  return nullptr;
}

// The methods that a path answers to, as the Allow field lists them; empty when there is no such path.
std::string allowed_methods(std::string_view path) {
  std::string out;
  for (const Route& route : route_table) {
    if (route.info.path != path) continue;
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

Api::Api(const StatusSource& status, const observe::MetricRegistry& metrics, const observe::Health& health,
         std::string admin_token)
    : status_(status), metrics_(metrics), health_(health), admin_token_(std::move(admin_token)) {}

std::span<const RouteInfo> Api::routes() {
  return route_infos;
}

std::optional<HttpResponse> Api::refuse(const HttpRequest& request) const {
  const Route* route = find_route(request);
  if (!route) return not_routed(request);
  if (is_trusted(request.peer, route->info.access)) return std::nullopt;
  if (is_authorized(request.field("authorization"), admin_token_)) return std::nullopt;
  return unauthorized(request);
}

HttpResponse Api::handle(const HttpRequest& request) const {
  const Route* route = find_route(request);
  if (!route) return not_routed(request);
  switch (route->action) {
    case Action::healthz:
      return {.content_type = "text/plain; charset=utf-8", .body = "ok\n", .fields = {}};
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
  }
  return not_routed(request);
}

HttpResponse Api::get_status() const {
  return {.body = status_json(status_.node_status(), health_.report()), .fields = {}};
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
