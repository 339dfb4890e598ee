#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "admin/http/handler.h"
#include "admin/node_status.h"
#include "observe/health.h"
#include "observe/metrics/registry.h"

namespace tenon::admin {

// What a peer must be to use a route without the administrator's token; see PeerTrust.
enum class Access : std::uint8_t { open, loopback, owner };

// What one route is, for the test that compares the routes with openapi.json.
struct RouteInfo {
  std::string_view method;
  std::string_view path;
  Access access = Access::owner;
};

// The HTTP API, version 1: routes requests to the operator's actions.
//
// Order of refusals: 404 no such path, 405 not with this method, 401 no or wrong token. All error answers are
// problem+json. Any thread.
class Api final : public HttpHandler {
 public:
  // Everything outlives the API. An empty token lets nobody in by token.
  Api(const StatusSource& status, const observe::MetricRegistry& metrics, const observe::Health& health,
      std::string admin_token);

  std::optional<HttpResponse> refuse(const HttpRequest& request) const override;
  HttpResponse handle(const HttpRequest& request) const override;

  static std::span<const RouteInfo> routes();

 private:
  HttpResponse get_status() const;
  HttpResponse get_metrics(const HttpRequest& request) const;
  HttpResponse get_ready() const;

  const StatusSource& status_;
  const observe::MetricRegistry& metrics_;
  const observe::Health& health_;
  const std::string admin_token_;
};

}  // namespace tenon::admin
