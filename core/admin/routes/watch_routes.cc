#include <array>

#include "admin/json/status_json.h"
#include "admin/openapi.h"
#include "admin/problem.h"
#include "admin/routes/routes.h"
#include "observe/metrics/exposition.h"

namespace tenon::admin {

namespace {

// A load balancer or an operator asks here: damage that nothing but a person mends counts, what passes does
// not.
HttpAnswer get_health(const ApiParts& parts, const Call&) {
  for (const observe::HealthCondition& condition : parts.health->report().conditions)
    if (condition.name == observe::damage_condition && condition.state == observe::HealthState::failed)
      return HttpResponse{.status = 503,
                          .content_type = "text/plain; charset=utf-8",
                          .body = "not ok: " + condition.reason + "\n",
                          .fields = {}};
  return HttpResponse{
      .status = 200, .content_type = "text/plain; charset=utf-8", .body = "ok\n", .fields = {}};
}

HttpAnswer get_ready(const ApiParts& parts, const Call&) {
  const observe::HealthReport report = parts.health->report();
  return HttpResponse{.status = static_cast<std::uint16_t>(report.ready ? 200 : 503),
                      .body = health_json(report),
                      .fields = {}};
}

HttpAnswer get_metrics(const ApiParts& parts, const Call& call) {
  const auto format = observe::choose_exposition(call.request.field("accept"));
  return HttpResponse{.content_type = std::string(observe::content_type(format)),
                      .body = observe::write_exposition(parts.metrics->collect(), format),
                      .fields = {{"Vary", "Accept"}}};
}

HttpAnswer get_status(const ApiParts& parts, const Call&) {
  return HttpResponse{.body = status_json(parts.status->node_status(), parts.health->report()), .fields = {}};
}

HttpAnswer get_openapi(const ApiParts&, const Call&) {
  return HttpResponse{.content_type = "application/openapi+json;version=3.1",
                      .body = std::string(openapi_document()),
                      .fields = {}};
}

constexpr std::array<Route, 5> routes = {{
    {{"GET", "/healthz", Access::open}, get_health},
    {{"GET", "/readyz", Access::loopback}, get_ready},
    {{"GET", "/metrics", Access::loopback}, get_metrics},
    {{"GET", "/api/v1/status"}, get_status},
    {{"GET", "/api/v1/openapi.json"}, get_openapi},
}};

}  // namespace

std::span<const Route> watch_routes() {
  return routes;
}

}  // namespace tenon::admin
