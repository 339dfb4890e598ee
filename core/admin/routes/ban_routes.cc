#include <array>

#include "admin/json/bans_json.h"
#include "admin/json/json_body.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"
#include "admin/routes/versions.h"

namespace tenon::admin {

namespace {

constexpr std::int64_t duration_s_max = 10LL * 366 * 86'400;
constexpr std::size_t reason_bytes_max = 1000;

HttpAnswer no_bans() {
  return problem(404, "this broker has no bans");
}

BanName name_of(const Call& call) {
  return {call.part, call.second};
}

HttpAnswer list_bans(const ApiParts& parts, const Call& call) {
  BanSource* const bans = parts.bans;
  if (!bans) return no_bans();
  static constexpr std::string_view known[] = {"cursor", "limit"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  BanQuery wanted;
  const auto cursor = cursor_bytes(query->get("cursor"));
  if (!cursor) return problem(400, "the query's cursor is none that a page gave");
  const auto limit = query->number("limit", wanted.limit, limit_max);
  if (!limit) return problem(limit.error());
  wanted.cursor = *cursor;
  wanted.limit = *limit;
  return answer_later<BanPage>([bans, wanted](Then<BanPage> then) { bans->list(wanted, then); }, bans_json);
}

HttpAnswer show_ban(const ApiParts& parts, const Call& call) {
  BanSource* const bans = parts.bans;
  if (!bans) return no_bans();
  return HttpWork{[bans, name = name_of(call)](HttpDone done) {
    bans->show(name, [done = std::move(done)](Result<BanStatus>&& result) {
      done(versioned_answer(std::move(result), false, true, ban_json));
    });
  }};
}

HttpAnswer change_ban(BanSource* bans, BanChange change, bool is_conditional) {
  return HttpWork{[bans, change = std::move(change), is_conditional](HttpDone done) {
    bans->change(change, [done = std::move(done), is_conditional,
                          has_version = !change.removes](Result<BanStatus>&& result) {
      done(versioned_answer(std::move(result), is_conditional, has_version, ban_json));
    });
  }};
}

HttpAnswer put_ban(const ApiParts& parts, const Call& call) {
  BanSource* const bans = parts.bans;
  if (!bans) return no_bans();
  BanChange change;
  change.name = name_of(call);
  change.by = call.caller.name;
  JsonBody body(call.request.body);
  change.reason = body.text("reason").value_or("");
  if (const auto duration = body.number("duration_s", 1, duration_s_max))
    change.duration_s = static_cast<std::uint32_t>(*duration);
  if (const auto version = body.number("version", 0, INT64_MAX)) change.version = *version;
  if (const Status sound = body.end(); !sound) return problem(sound.error());
  if (change.reason.size() > reason_bytes_max) return problem(400, "\"reason\" is longer than 1000 bytes");
  const auto is_conditional = take_wanted_version(call.request, change.version);
  if (!is_conditional) return problem(is_conditional.error());
  return change_ban(bans, std::move(change), *is_conditional);
}

HttpAnswer delete_ban(const ApiParts& parts, const Call& call) {
  BanSource* const bans = parts.bans;
  if (!bans) return no_bans();
  BanChange change;
  change.name = name_of(call);
  change.removes = true;
  change.by = call.caller.name;
  const auto is_conditional = take_wanted_version(call.request, change.version);
  if (!is_conditional) return problem(is_conditional.error());
  return change_ban(bans, std::move(change), *is_conditional);
}

constexpr std::array<Route, 4> routes = {{
    {{"GET", "/api/v1/bans"}, list_bans, Takes::query},
    {{"GET", "/api/v1/bans/{kind}/{pattern}"}, show_ban},
    {{"PUT", "/api/v1/bans/{kind}/{pattern}", Access::owner, Role::operate}, put_ban},
    {{"DELETE", "/api/v1/bans/{kind}/{pattern}", Access::owner, Role::operate}, delete_ban},
}};

}  // namespace

std::span<const Route> ban_routes() {
  return routes;
}

}  // namespace tenon::admin
