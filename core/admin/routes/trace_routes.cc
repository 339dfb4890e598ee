#include <array>

#include "admin/json/json_body.h"
#include "admin/json/traces_json.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"
#include "base/text/topic_syntax.h"

namespace tenon::admin {

namespace {

constexpr std::int64_t lines_limit = 10'000;
constexpr std::int64_t bytes_limit = 4 << 20;
constexpr std::int64_t duration_s_limit = 3600;
constexpr std::size_t pattern_bytes_max = 1024;

HttpAnswer no_traces() {
  return problem(404, "this broker traces nothing");
}

HttpAnswer start_trace(const ApiParts& parts, const Call& call) {
  TraceSource* const traces = parts.traces;
  if (!traces) return no_traces();
  JsonBody body(call.request.body);
  TraceOrder order;
  order.client = body.text("client").value_or("");
  order.topic = body.text("topic").value_or("");
  order.address = body.text("address").value_or("");
  const auto number = [&](std::string_view name, std::uint32_t otherwise, std::int64_t max) {
    return static_cast<std::uint32_t>(body.number(name, 1, max).value_or(otherwise));
  };
  order.lines_max = number("lines_max", order.lines_max, lines_limit);
  order.bytes_max = number("bytes_max", order.bytes_max, bytes_limit);
  order.duration_s = number("duration_s", order.duration_s, duration_s_limit);
  order.by = call.caller.name;
  if (const Status sound = body.end(); !sound) return problem(sound.error());
  if (order.client.empty() && order.topic.empty() && order.address.empty())
    return problem(400, "one of \"client\", \"topic\" and \"address\" is needed: all clients are too many");
  if (order.client.size() > pattern_bytes_max) return problem(400, "\"client\" is longer than 1024 bytes");
  if (!order.topic.empty() && !is_topic_filter(order.topic))
    return problem(400, "\"topic\" is no topic filter");
  return answer_later<TraceStatus>([traces, order](Then<TraceStatus> then) { traces->start(order, then); },
                                   trace_json);
}

HttpAnswer list_traces(const ApiParts& parts, const Call&) {
  TraceSource* const traces = parts.traces;
  if (!traces) return no_traces();
  using Traces = std::vector<TraceStatus>;
  return answer_later<Traces>([traces](Then<Traces> then) { traces->list(then); }, traces_json);
}

HttpAnswer show_trace(const ApiParts& parts, const Call& call) {
  TraceSource* const traces = parts.traces;
  if (!traces) return no_traces();
  static constexpr std::string_view known[] = {"cursor", "limit"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  const auto cursor = cursor_bytes(query->get("cursor"));
  if (!cursor) return problem(400, "the query's cursor is none that a page gave");
  const auto limit = query->number("limit", 100, limit_max);
  if (!limit) return problem(limit.error());
  return answer_later<TracePage>([traces, id = call.part, cursor = *cursor, limit = *limit](
                                     Then<TracePage> then) { traces->show(id, cursor, limit, then); },
                                 trace_page_json);
}

HttpAnswer stop_trace(const ApiParts& parts, const Call& call) {
  TraceSource* const traces = parts.traces;
  if (!traces) return no_traces();
  if (const Status sound = JsonBody(call.request.body).end(); !sound) return problem(sound.error());
  return answer_later<TraceStatus>(
      [traces, id = call.part](Then<TraceStatus> then) { traces->stop(id, then); }, trace_json);
}

constexpr std::array<Route, 4> routes = {{
    {{"GET", "/api/v1/traces", Access::owner, Role::operate}, list_traces},
    {{"POST", "/api/v1/traces", Access::owner, Role::operate}, start_trace},
    {{"GET", "/api/v1/traces/{trace}", Access::owner, Role::operate}, show_trace, Takes::query},
    {{"POST", "/api/v1/traces/{trace}/stop", Access::owner, Role::operate}, stop_trace},
}};

}  // namespace

std::span<const Route> trace_routes() {
  return routes;
}

}  // namespace tenon::admin
