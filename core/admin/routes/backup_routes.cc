#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "admin/backup/backup_source.h"
#include "admin/json/base64.h"
#include "admin/json/json_body.h"
#include "admin/json/key_text.h"
#include "admin/path_text.h"
#include "admin/routes/later.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

// A chunk holds 256 KiB and one row more, of 15 MiB at most; in base64.
constexpr std::size_t chunk_body_bytes_max = std::size_t{24} << 20;

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2) + "\n";
}

HttpAnswer no_backup() {
  return problem(404, "this broker has nothing to back up");
}

// Of a reader or a restore: 1 to 16 hexadecimal digits.
std::optional<std::uint64_t> id_of(std::string_view text) {
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!is_whole || text.size() > 16 || id == 0) return std::nullopt;
  return id;
}

HttpAnswer bad_id() {
  return problem(400, "an id is 1 to 16 hexadecimal digits, and not 0");
}

bool is_store(std::string_view name) {
  return name == "meta" || name == "inbox" || name == "retain";
}

// The chunk as it is.
HttpAnswer answer_chunk(BackupSource* backup, StateQuestion question) {
  if (!is_store(question.store)) return problem(404, "a backup has the stores meta, inbox and retain");
  return HttpWork{[backup, question = std::move(question)](HttpDone done) {
    backup->read_state(question, [done = std::move(done)](Result<std::string>&& chunk) {
      if (!chunk.ok()) return done(problem(chunk.error()));
      done(HttpResponse{
          .content_type = "application/octet-stream", .body = std::move(chunk).value(), .fields = {}});
    });
  }};
}

HttpAnswer begin_state(const ApiParts& parts, const Call& call) {
  if (!parts.backup) return no_backup();
  JsonBody body(call.request.body);
  const auto reader = id_of(body.text("reader").value_or(""));
  const auto key = key_of_text(body.text("key").value_or(""));
  if (const Status sound = body.end({"reader"}); !sound) return problem(sound.error());
  if (!reader) return bad_id();
  if (!key) return problem(400, "\"key\" is no key: a % has no two hexadecimal digits behind it");
  return answer_chunk(parts.backup, {call.part, *key, *reader, 0});
}

HttpAnswer read_chunk(const ApiParts& parts, const Call& call) {
  if (!parts.backup) return no_backup();
  static constexpr std::string_view known[] = {"key", "chunk"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  const auto reader = id_of(call.second);
  if (!reader) return bad_id();
  const auto key = key_of_text(query->get("key"));
  if (!key) return problem(400, "the query's key is none: a % has no two hexadecimal digits behind it");
  const auto chunk = query->number("chunk", 1, UINT32_MAX);
  if (!chunk) return problem(chunk.error());
  return answer_chunk(parts.backup, {call.part, *key, *reader, *chunk});
}

std::string begun_json(const RestoreBegun& begun) {
  return text_of({{"repeated", begun.is_repeated}});
}

HttpAnswer begin_restore(const ApiParts& parts, const Call& call) {
  BackupSource* const backup = parts.backup;
  if (!backup) return no_backup();
  JsonBody body(call.request.body);
  const auto restore = id_of(body.text("restore").value_or(""));
  const bool into_nonempty = body.flag("into_nonempty").value_or(false);
  if (const Status sound = body.end({"restore"}); !sound) return problem(sound.error());
  if (!restore) return bad_id();
  return answer_later<RestoreBegun>(
      [backup, restore, into_nonempty](Then<RestoreBegun> then) {
        backup->begin_restore({*restore, into_nonempty}, then);
      },
      begun_json);
}

std::string rows_json(const RestoredRows& rows) {
  return text_of({{"written", rows.written}, {"kept", rows.kept}});
}

HttpAnswer restore_rows(const ApiParts& parts, const Call& call) {
  BackupSource* const backup = parts.backup;
  if (!backup) return no_backup();
  JsonBody body(call.request.body);
  const std::string store = body.text("store").value_or("");
  auto chunk = bytes_of_base64(body.text("chunk_base64").value_or(""));
  if (const Status sound = body.end({"store", "chunk_base64"}); !sound) return problem(sound.error());
  const auto restore = id_of(call.part);
  if (!restore) return bad_id();
  if (!is_store(store)) return problem(400, "\"store\" is none of meta, inbox and retain");
  if (!chunk) return problem(400, "\"chunk_base64\" is no base64");
  return answer_later<RestoredRows>([backup, rows = RestoreRowsOf{*restore, store, std::move(*chunk)}](
                                        Then<RestoredRows> then) { backup->restore_rows(rows, then); },
                                    rows_json);
}

std::string page_json(const RestoredPage& page) {
  Json json{{"sessions", page.sessions}, {"routes", page.routes}};
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

HttpAnswer restore_step(const ApiParts& parts, const Call& call) {
  using What = RestoreStep::What;
  BackupSource* const backup = parts.backup;
  if (!backup) return no_backup();
  JsonBody body(call.request.body);
  const std::string what = body.text("step").value_or("");
  const auto cursor = cursor_bytes(body.text("cursor").value_or(""));
  if (const Status sound = body.end({"step"}); !sound) return problem(sound.error());
  const auto restore = id_of(call.part);
  if (!restore) return bad_id();
  if (!cursor) return problem(400, "\"cursor\" is none that a page gave");
  if (what != "routes" && what != "release" && what != "end")
    return problem(400, "\"step\" is none of routes, release and end");
  const RestoreStep step{*restore,
                         what == "routes"    ? What::routes
                         : what == "release" ? What::release
                                             : What::end,
                         *cursor};
  return answer_later<RestoredPage>(
      [backup, step](Then<RestoredPage> then) { backup->restore_step(step, then); }, page_json);
}

constexpr std::array<Route, 5> routes = {{
    {{"POST", "/api/v1/backup/{store}", Access::owner, Role::admin}, begin_state},
    {{"GET", "/api/v1/backup/{store}/{reader}", Access::owner, Role::admin}, read_chunk, Takes::query},
    {{"POST", "/api/v1/restore", Access::owner, Role::admin}, begin_restore},
    {{"POST", "/api/v1/restore/{restore}/rows", Access::owner, Role::admin, chunk_body_bytes_max},
     restore_rows},
    {{"POST", "/api/v1/restore/{restore}/steps", Access::owner, Role::admin}, restore_step},
}};

}  // namespace

std::span<const Route> backup_routes() {
  return routes;
}

}  // namespace tenon::admin
