#include <array>

#include "admin/json/json_body.h"
#include "admin/json/traffic_json.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"
#include "admin/routes/versions.h"

namespace tenon::admin {

namespace {

constexpr std::size_t reason_bytes_max = 1000;

HttpAnswer no_traffic() {
  return problem(404, "this broker has no traffic directives");
}

template <class Change, class T>
HttpAnswer make_change(TrafficSource* traffic, Change change, bool is_conditional,
                       void (TrafficSource::*action)(const Change&, Then<T>),
                       std::string (*to_json)(const T&)) {
  return HttpWork{[=, change = std::move(change)](HttpDone done) {
    (traffic->*action)(change,
                       [=, has_version = !change.removes, done = std::move(done)](Result<T>&& result) {
                         done(versioned_answer(std::move(result), is_conditional, has_version, to_json));
                       });
  }};
}

// What all changes have: who, why, and of which version. True: the version is of a header.
template <class Change>
Result<bool> read_common(const Call& call, JsonBody* body, Change& ret_change) {
  ret_change.by = call.caller.name;
  if (body) {
    ret_change.reason = body->text("reason").value_or("");
    if (const auto version = body->number("version", 0, INT64_MAX)) ret_change.version = *version;
    if (const Status sound = body->end(); !sound) return sound.error();
  }
  if (ret_change.reason.size() > reason_bytes_max)
    return Error{Errc::invalid, "\"reason\" is longer than 1000 bytes"};
  return take_wanted_version(call.request, ret_change.version);
}

HttpAnswer list_traffic(const ApiParts& parts, const Call&) {
  TrafficSource* const traffic = parts.traffic;
  if (!traffic) return no_traffic();
  return answer_later<TrafficStatus>([traffic](Then<TrafficStatus> then) { traffic->list(std::move(then)); },
                                     traffic_json);
}

HttpAnswer show_directive(const ApiParts& parts, const Call& call) {
  TrafficSource* const traffic = parts.traffic;
  if (!traffic) return no_traffic();
  return HttpWork{[traffic, name = DirectiveName{call.part, call.second}](HttpDone done) {
    traffic->show(name, [done = std::move(done)](Result<DirectiveStatus>&& result) {
      done(versioned_answer(std::move(result), false, true, directive_json));
    });
  }};
}

HttpAnswer put_directive(const ApiParts& parts, const Call& call) {
  if (!parts.traffic) return no_traffic();
  DirectiveChange change;
  change.name = {call.part, call.second};
  JsonBody body(call.request.body);
  const auto weights = body.numbers("weights", 0, UINT32_MAX);
  const auto is_conditional = read_common(call, &body, change);
  if (!is_conditional) return problem(is_conditional.error());
  if (!weights) return problem(400, "\"weights\" is missing");
  for (const auto& [group, weight] : *weights) change.weights[group] = static_cast<std::uint32_t>(weight);
  return make_change(parts.traffic, std::move(change), *is_conditional, &TrafficSource::change,
                     directive_json);
}

HttpAnswer delete_directive(const ApiParts& parts, const Call& call) {
  if (!parts.traffic) return no_traffic();
  DirectiveChange change;
  change.name = {call.part, call.second};
  change.removes = true;
  const auto is_conditional = read_common(call, nullptr, change);
  if (!is_conditional) return problem(is_conditional.error());
  return make_change(parts.traffic, std::move(change), *is_conditional, &TrafficSource::change,
                     directive_json);
}

HttpAnswer put_groups(const ApiParts& parts, const Call& call) {
  if (!parts.traffic) return no_traffic();
  GroupsChange change;
  change.node = call.part;
  JsonBody body(call.request.body);
  auto groups = body.texts("groups");
  const auto is_conditional = read_common(call, &body, change);
  if (!is_conditional) return problem(is_conditional.error());
  if (!groups) return problem(400, "\"groups\" is missing");
  change.groups = std::move(*groups);
  return make_change(parts.traffic, std::move(change), *is_conditional, &TrafficSource::change_groups,
                     groups_json);
}

HttpAnswer delete_groups(const ApiParts& parts, const Call& call) {
  if (!parts.traffic) return no_traffic();
  GroupsChange change;
  change.node = call.part;
  change.removes = true;
  const auto is_conditional = read_common(call, nullptr, change);
  if (!is_conditional) return problem(is_conditional.error());
  return make_change(parts.traffic, std::move(change), *is_conditional, &TrafficSource::change_groups,
                     groups_json);
}

constexpr std::array<Route, 6> routes = {{
    {{"GET", "/api/v1/traffic"}, list_traffic},
    {{"GET", "/api/v1/traffic/directives/{service}/{tenants}"}, show_directive},
    {{"PUT", "/api/v1/traffic/directives/{service}/{tenants}", Access::owner, Role::operate}, put_directive},
    {{"DELETE", "/api/v1/traffic/directives/{service}/{tenants}", Access::owner, Role::operate},
     delete_directive},
    {{"PUT", "/api/v1/traffic/groups/{node}", Access::owner, Role::operate}, put_groups},
    {{"DELETE", "/api/v1/traffic/groups/{node}", Access::owner, Role::operate}, delete_groups},
}};

}  // namespace

std::span<const Route> traffic_routes() {
  return routes;
}

}  // namespace tenon::admin
