#include <array>
#include <utility>
#include <vector>

#include "admin/json/reports_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

HttpAnswer list_reports(const ApiParts& parts, const Call&) {
  ReportSource* const reports = parts.reports;
  if (!reports) return problem(404, "nothing is known of reports here");
  return answer_later<std::vector<ReportStatus>>(
      [reports](Then<std::vector<ReportStatus>> then) { reports->list(std::move(then)); }, reports_json);
}

constexpr std::array<Route, 1> routes = {{
    {{"GET", "/api/v1/reports", Access::owner, Role::operate}, list_reports},
}};

}  // namespace

std::span<const Route> report_routes() {
  return routes;
}

}  // namespace tenon::admin
