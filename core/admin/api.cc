#include "admin/api.h"

#include <algorithm>
#include <array>

#include "admin/path_text.h"
#include "admin/problem.h"
#include "admin/routes/routes.h"

namespace tenon::admin {

namespace {

using Subject = std::span<const Route> (*)();
constexpr Subject subjects[] = {watch_routes,   console_routes, range_routes,  balance_routes, session_routes,
                                message_routes, ban_routes,     config_routes, trace_routes,   node_routes,
                                backup_routes,  traffic_routes, report_routes, audit_routes};

// Calls see(route) until it says true; null: it never did.
template <class See>
const Route* first_of(See see) {
  for (const Subject subject : subjects)
    for (const Route& route : subject())
      if (see(route)) return &route;
  return nullptr;
}

// HEAD is answered wherever GET is.
bool answers(const Route& route, std::string_view method) {
  return method == route.info.method || (method == "HEAD" && route.info.method == "GET");
}

bool changes(const Route& route) {
  return route.info.method != "GET";
}

// Takes what stands before the next '/' off `path`, and that with it.
std::string_view take_part(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view part = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return part;
}

// What the braces of a path stand for, in their order.
using Parts = std::array<std::string_view, 2>;

// Whether `path` is one that the route's path stands for.
bool is_at(std::string_view pattern, std::string_view path, Parts* ret_parts = nullptr) {
  std::size_t open_count = 0;
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return false;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = take_part(pattern);
    const std::string_view part = take_part(path);
    const bool is_open = wanted.starts_with('{');
    if (is_open ? part.empty() : part != wanted) return false;
    if (is_open && ret_parts) (*ret_parts)[open_count++] = part;
  }
  return true;
}

// Null when no route has the path and the method.
const Route* find_route(const HttpRequest& request) {
  return first_of([&](const Route& route) {
    return is_at(route.info.path, request.path) && answers(route, request.method);
  });
}

// The methods that a path answers to, as the Allow field lists them; empty when there is no such path.
std::string allowed_methods(std::string_view path) {
  std::string out;
  (void)first_of([&](const Route& route) {
    if (!is_at(route.info.path, path)) return false;
    out += (out.empty() ? "" : ", ") + std::string(route.info.method);
    if (route.info.method == "GET") out += ", HEAD";
    return false;
  });
  return out;
}

HttpResponse not_routed(const HttpRequest& request) {
  const std::string allowed = allowed_methods(request.path);
  if (allowed.empty())
    return problem(404,
                   "there is nothing at " + request.path + "; GET /api/v1/openapi.json lists what there is");
  HttpResponse response =
      problem(405, request.path + " does not answer to " + request.method + ", only to " + allowed);
  response.fields.emplace_back("Allow", allowed);
  return response;
}

bool is_json(std::string_view type) {
  constexpr std::string_view json = "application/json";
  const std::string_view rest = type.substr(std::min(type.size(), json.size()));
  return equal_ignoring_case(type.substr(0, json.size()), json) &&
         (rest.empty() || rest.front() == ';' || rest.front() == ' ');
}

HttpResponse no_json() {
  return problem(415, "the body has to be JSON, and Content-Type to say so: application/json");
}

bool is_open_to(Access access, PeerTrust peer) {
  return access == Access::open || (access == Access::loopback && peer >= PeerTrust::loopback);
}

HttpResponse unauthorized(const HttpRequest& request) {
  HttpResponse response =
      problem(401, request.field("authorization").empty()
                       ? "this needs the administrator's token (admin.token in the broker's data directory), "
                         "or one of api.tokens, as a bearer token"
                       : "the token is not the administrator's, nor one of api.tokens");
  response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"tenon\"");
  return response;
}

HttpResponse forbidden(const Caller& caller, Role role) {
  return problem(403, "this needs the role " + std::string(to_string(role)) + "; " + caller.name +
                          " has the role " + std::string(to_string(caller.role)));
}

// What the request says beside its path and a body that is looked at: nobody would hear it. Null: nothing.
// Anybody may ask for what is open, with whatever somebody on the way has added.
const char* unheard_of(const Route& route, const HttpRequest& request) {
  if (route.info.access != Access::owner) return nullptr;
  if (route.takes == Takes::no_query && !request.query.empty()) return "this takes no query";
  if (request.method == "DELETE" && !request.body.empty()) return "this takes no body";
  return nullptr;
}

// Why whoever asks may not; `caller`: whom the token names.
std::optional<HttpResponse> refusal_of(const Route& route, const HttpRequest& request,
                                       const std::optional<Caller>& caller) {
  if (is_open_to(route.info.access, request.peer)) return std::nullopt;
  if (!caller) return unauthorized(request);
  std::optional<HttpResponse> refusal;
  if (route.info.access == Access::owner && caller->role < route.info.role)
    refusal = forbidden(*caller, route.info.role);
  else if ((request.method == "POST" || request.method == "PUT") && !is_json(request.field("content-type")))
    refusal = no_json();
  if (refusal && changes(route)) refusal->by = caller->name;
  return refusal;
}

}  // namespace

void Api::set_tokens(TokenBook tokens) {
  auto book = std::make_shared<const TokenBook>(std::move(tokens));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(book);
}

std::shared_ptr<const TokenBook> Api::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

std::vector<RouteInfo> Api::routes() {
  std::vector<RouteInfo> infos;
  (void)first_of([&](const Route& route) {
    infos.push_back(route.info);
    return false;
  });
  return infos;
}

std::optional<HttpResponse> Api::refuse(const HttpRequest& request) const {
  const Route* route = find_route(request);
  if (!route) return not_routed(request);
  return refusal_of(*route, request, tokens()->caller_of(request));
}

std::size_t Api::body_bytes_max(const HttpRequest& request, std::size_t usual) const {
  const Route* route = find_route(request);
  return route && route->info.body_bytes_max != 0 ? route->info.body_bytes_max : usual;
}

bool Api::wants_body(const HttpRequest& request) const {
  const Route* route = find_route(request);
  return route && !is_open_to(route->info.access, request.peer);
}

HttpAnswer Api::handle(const HttpRequest& request) const {
  const Route* route = find_route(request);
  Parts parts;
  if (!route || !is_at(route->info.path, request.path, &parts)) return not_routed(request);
  // The token may have been taken away since the head of the request came.
  const std::optional<Caller> known = tokens()->caller_of(request);
  if (auto refusal = refusal_of(*route, request, known)) return std::move(*refusal);
  const Caller caller = known.value_or(Caller{});
  auto part = decode_percent(parts[0]);
  auto second = decode_percent(parts[1]);
  const std::string by = changes(*route) ? caller.name : std::string();
  const char* const unheard = unheard_of(*route, request);
  HttpAnswer answer = unheard ? HttpAnswer(problem(400, unheard))
                      : part && second
                          ? route->serve(parts_, {request, caller, std::move(*part), std::move(*second)})
                          : HttpAnswer(problem(400, "the path has a % without two hexadecimal digits"));
  std::visit([&](auto& made) { made.by = by; }, answer);
  return answer;
}

}  // namespace tenon::admin
