#include <array>

#include "admin/json/ranges_json.h"
#include "admin/path_text.h"
#include "admin/problem.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

using Action = RangeOrder::Action;

HttpAnswer get_ranges(const ApiParts& parts, const Call&) {
  return HttpResponse{.body = ranges_json(parts.ranges->ranges()), .fields = {}};
}

HttpAnswer get_digest(const ApiParts& parts, const Call& call) {
  const auto range = number_of(call.part);
  if (!range) return problem(404, "there is no such range; GET /api/v1/ranges lists them");
  return answer_later<RangeDigest>(
      [ranges = parts.ranges, range = *range](Then<RangeDigest> then) {
        ranges->read_digest(range, std::move(then));
      },
      digest_json);
}

HttpAnswer get_order(const ApiParts& parts, const Call& call) {
  const auto number = number_of(call.part);
  const auto order = number ? parts.ranges->order(*number) : std::nullopt;
  if (!order) return problem(404, "there is no such order, or it is long over");
  return HttpResponse{.body = order_json(*order), .fields = {}};
}

template <Action action>
HttpAnswer give_order(const ApiParts& parts, const Call& call) {
  const auto range = number_of(call.part);
  if (!range) return problem(404, "there is no such range; GET /api/v1/ranges lists them");
  Result<RangeOrder> order = read_range_order(action, *range, call.request.body);
  if (!order) return problem(400, order.error().message);
  order->by = call.caller.name;
  const Result<OrderStatus> given = parts.ranges->give(*order);
  if (!given) return problem(given.error());
  return HttpResponse{.status = 202,
                      .body = order_json(*given),
                      .fields = {{"Location", "/api/v1/orders/" + std::to_string(given->id)}}};
}

constexpr std::array<Route, 8> routes = {{
    {{"GET", "/api/v1/ranges"}, get_ranges},
    {{"GET", "/api/v1/ranges/{range}/digest", Access::owner, Role::operate}, get_digest},
    {{"POST", "/api/v1/ranges/{range}/transfer", Access::owner, Role::operate}, give_order<Action::transfer>},
    {{"POST", "/api/v1/ranges/{range}/split", Access::owner, Role::operate}, give_order<Action::split>},
    {{"POST", "/api/v1/ranges/{range}/merge", Access::owner, Role::operate}, give_order<Action::merge>},
    {{"POST", "/api/v1/ranges/{range}/members", Access::owner, Role::operate}, give_order<Action::members>},
    {{"POST", "/api/v1/ranges/{range}/recover", Access::owner, Role::operate}, give_order<Action::recover>},
    {{"GET", "/api/v1/orders/{order}"}, get_order},
}};

}  // namespace

std::span<const Route> range_routes() {
  return routes;
}

}  // namespace tenon::admin
