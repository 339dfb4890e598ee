#include <array>

#include "admin/json/reports_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

HttpAnswer list_reports(const ApiParts& parts, const Call&) {
  if (!parts.reports) return problem(404, "nothing is known of reports here");
  const auto reports = parts.reports->reports();
  if (!reports.ok()) return problem(500, reports.error().message);
  return HttpResponse{.body = reports_json(*reports), .fields = {}};
}

constexpr std::array<Route, 1> routes = {{
    {{"GET", "/api/v1/reports", Access::owner, Role::operate}, list_reports},
}};

}  // namespace

std::span<const Route> report_routes() {
  return routes;
}

}  // namespace tenon::admin
