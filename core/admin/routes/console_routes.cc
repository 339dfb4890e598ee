#include <array>

#include "admin/console/console_files.h"
#include "admin/problem.h"
#include "admin/routes/routes.h"

// The console's pages. They are open to whoever reaches the API: they hold nothing of the broker, and ask for
// a token before they ask the API for anything.

namespace tenon::admin {

namespace {

// Scripts and styles of the console alone, in no frame, and no address of it in requests to others.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse serve(const ConsoleFile& file, const HttpRequest& request) {
  HttpResponse response{.content_type = file.content_type,
                        .body = file.body,
                        .fields = {{"Cache-Control", "no-cache"},
                                   {"Content-Security-Policy", std::string(policy)},
                                   {"ETag", file.etag},
                                   {"Referrer-Policy", "no-referrer"}}};
  if (request.field("if-none-match") == file.etag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

HttpAnswer get_file(const ApiParts& parts, const HttpRequest& request, std::string_view name) {
  if (!parts.console)
    return problem(404, "the console is not installed; api.console names the directory of its pages");
  if (const ConsoleFile* file = parts.console->find(name)) return serve(*file, request);
  return problem(404, "the console has no such file");
}

HttpAnswer get_console(const ApiParts& parts, const Call& call) {
  return get_file(parts, call.request, "index.html");
}

HttpAnswer get_console_file(const ApiParts& parts, const Call& call) {
  return get_file(parts, call.request, call.part);
}

constexpr std::array<Route, 2> routes = {{
    {{"GET", "/console", Access::open}, get_console},
    {{"GET", "/console/{file}", Access::open}, get_console_file},
}};

}  // namespace

std::span<const Route> console_routes() {
  return routes;
}

}  // namespace tenon::admin
