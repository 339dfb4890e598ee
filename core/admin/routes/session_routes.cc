#include <array>

#include "admin/json/json_body.h"
#include "admin/json/sessions_json.h"
#include "admin/path_text.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"
#include "base/text/topic_syntax.h"
#include "base/text/utf8.h"

namespace tenon::admin {

namespace {

HttpAnswer no_sessions() {
  return problem(404, "this broker has no sessions");
}

Result<std::string> cursor_of(const Query& query) {
  auto cursor = cursor_bytes(query.get("cursor"));
  if (!cursor) return Error{Errc::invalid, "the query's cursor is none that a page gave"};
  return std::move(*cursor);
}

Result<SessionQuery> read_query(std::string_view text) {
  static constexpr std::string_view known[] = {"tenant", "prefix", "node", "state", "cursor", "limit"};
  const auto query = Query::read(text, known);
  if (!query) return query.error();
  SessionQuery out;
  if (query->has("tenant")) out.tenant = query->get("tenant");
  out.prefix = query->get("prefix");
  out.node = query->get("node");
  const std::string_view state = query->get("state");
  if (state == "connected")
    out.state = SessionQuery::State::connected;
  else if (state == "disconnected")
    out.state = SessionQuery::State::disconnected;
  else if (!state.empty() && state != "any")
    return Error{Errc::invalid, "the query's state is none of any, connected and disconnected"};
  if (out.state == SessionQuery::State::disconnected && !out.node.empty())
    return Error{Errc::invalid, "the query's node is about clients that are connected"};
  const auto cursor = cursor_of(*query);
  const auto limit = query->number("limit", out.limit, limit_max);
  if (!cursor) return cursor.error();
  if (!limit) return limit.error();
  out.cursor = *cursor;
  out.limit = *limit;
  return out;
}

HttpAnswer list_sessions(const ApiParts& parts, const Call& call) {
  SessionSource* const sessions = parts.sessions;
  if (!sessions) return no_sessions();
  auto query = read_query(call.request.query);
  if (!query) return problem(query.error());
  return answer_later<SessionPage>(
      [sessions, query = std::move(*query)](Then<SessionPage> then) { sessions->list(query, then); },
      page_json);
}

// The session of the path; its tenant is in the query.
Result<SessionName> name_of(const Call& call) {
  static constexpr std::string_view known[] = {"tenant"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return query.error();
  return SessionName{tenant_of(*query), call.part};
}

template <class T, void (SessionSource::*action)(const SessionName&, Then<T>),
          std::string (*to_json)(const T&)>
HttpAnswer on_session(const ApiParts& parts, const Call& call) {
  SessionSource* const sessions = parts.sessions;
  if (!sessions) return no_sessions();
  auto name = name_of(call);
  if (!name) return problem(name.error());
  return answer_later<T>(
      [sessions, name = std::move(*name)](Then<T> then) { (sessions->*action)(name, then); }, to_json);
}

HttpAnswer kick_session(const ApiParts& parts, const Call& call) {
  if (const Status sound = JsonBody(call.request.body).end(); !sound) return problem(sound.error());
  return on_session<Kicked, &SessionSource::kick, kicked_json>(parts, call);
}

std::string existed_json(const bool& existed) {
  return std::string("{\n  \"existed\": ") + (existed ? "true" : "false") + "\n}\n";
}

HttpAnswer subscribe_session(const ApiParts& parts, const Call& call) {
  SessionSource* const sessions = parts.sessions;
  if (!sessions) return no_sessions();
  auto name = name_of(call);
  if (!name) return problem(name.error());
  JsonBody body(call.request.body);
  SubscriptionStatus subscription;
  subscription.filter = body.text("filter").value_or("");
  subscription.qos = static_cast<std::uint32_t>(body.number("qos", 0, 2).value_or(0));
  subscription.no_local = body.flag("no_local").value_or(false);
  subscription.retain_as_published = body.flag("retain_as_published").value_or(false);
  subscription.subscription_id =
      static_cast<std::uint32_t>(body.number("subscription_id", 1, 268'435'455).value_or(0));
  if (const Status sound = body.end({"filter", "qos"}); !sound) return problem(sound.error());
  const SplitFilter split = split_filter(subscription.filter);
  if (!split.well_shaped || !is_topic_filter(split.pattern) || !is_well_formed_text(subscription.filter))
    return problem(400, "\"filter\" is no topic filter");
  if (split.sharing != Sharing::none && subscription.no_local)
    return problem(400, "\"no_local\" can't be with a shared subscription [MQTT-3.8.3-4]");
  return answer_later<bool>([sessions, name = std::move(*name), subscription](
                                Then<bool> then) { sessions->subscribe(name, subscription, then); },
                            existed_json);
}

HttpAnswer unsubscribe_session(const ApiParts& parts, const Call& call) {
  SessionSource* const sessions = parts.sessions;
  if (!sessions) return no_sessions();
  static constexpr std::string_view known[] = {"tenant", "filter"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  const std::string filter(query->get("filter"));
  if (filter.empty()) return problem(400, "the query's filter is missing: the subscription to be removed");
  const SessionName name{tenant_of(*query), call.part};
  return answer_later<bool>(
      [sessions, name, filter](Then<bool> then) { sessions->unsubscribe(name, filter, then); }, existed_json);
}

HttpAnswer list_routes(const ApiParts& parts, const Call& call) {
  SessionSource* const sessions = parts.sessions;
  if (!sessions) return no_sessions();
  static constexpr std::string_view known[] = {"tenant", "prefix", "cursor", "limit"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  RouteQuery wanted{tenant_of(*query), std::string(query->get("prefix")), {}, 100};
  const auto cursor = cursor_of(*query);
  const auto limit = query->number("limit", wanted.limit, limit_max);
  if (!cursor) return problem(cursor.error());
  if (!limit) return problem(limit.error());
  wanted.cursor = *cursor;
  wanted.limit = *limit;
  return answer_later<RoutePage>([sessions, wanted](Then<RoutePage> then) { sessions->routes(wanted, then); },
                                 routes_json);
}

constexpr std::array<Route, 7> routes = {{
    {{"GET", "/api/v1/sessions"}, list_sessions, Takes::query},
    {{"GET", "/api/v1/sessions/{client}"},
     on_session<SessionDetail, &SessionSource::show, detail_json>,
     Takes::query},
    {{"DELETE", "/api/v1/sessions/{client}", Access::owner, Role::operate},
     on_session<EndedSession, &SessionSource::end, ended_json>,
     Takes::query},
    {{"POST", "/api/v1/sessions/{client}/kick", Access::owner, Role::operate}, kick_session, Takes::query},
    {{"POST", "/api/v1/sessions/{client}/subscriptions", Access::owner, Role::operate},
     subscribe_session,
     Takes::query},
    {{"DELETE", "/api/v1/sessions/{client}/subscriptions", Access::owner, Role::operate},
     unsubscribe_session,
     Takes::query},
    {{"GET", "/api/v1/routes"}, list_routes, Takes::query},
}};

}  // namespace

std::span<const Route> session_routes() {
  return routes;
}

}  // namespace tenon::admin
