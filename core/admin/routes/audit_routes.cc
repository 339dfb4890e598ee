#include <array>

#include "admin/json/audit_json.h"
#include "admin/path_text.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

HttpAnswer list_audit(const ApiParts& parts, const Call& call) {
  AuditSource* const audit = parts.audit;
  if (!audit) return problem(404, "this broker keeps no audit");
  static constexpr std::string_view known[] = {"cursor", "limit"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  AuditQuery wanted;
  if (query->has("cursor")) {
    wanted.before = number_of(cursor_bytes(query->get("cursor")).value_or(""));
    if (!wanted.before) return problem(400, "the query's cursor is none that a page gave");
  }
  const auto limit = query->number("limit", wanted.limit, limit_max);
  if (!limit) return problem(limit.error());
  wanted.limit = *limit;
  return answer_later<AuditPage>([audit, wanted](Then<AuditPage> then) { audit->list(wanted, then); },
                                 audit_json);
}

constexpr std::array<Route, 1> routes = {{
    {{"GET", "/api/v1/audit"}, list_audit, Takes::query},
}};

}  // namespace

std::span<const Route> audit_routes() {
  return routes;
}

}  // namespace tenon::admin
