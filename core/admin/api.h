#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "admin/balance/rule_source.h"
#include "admin/balance_source.h"
#include "admin/http/handler.h"
#include "admin/node_status.h"
#include "admin/range_source.h"
#include "observe/health.h"
#include "observe/metrics/registry.h"

namespace tenon::admin {

// What a peer must be to use a route without the administrator's token; see PeerTrust.
enum class Access : std::uint8_t { open, loopback, owner };

// What one route is, for the test that compares the routes with openapi.json.
struct RouteInfo {
  std::string_view method;
  std::string_view path;  // a part in braces stands for one that is not empty: "/api/v1/orders/{order}"
  Access access = Access::owner;
};

// The HTTP API, version 1: routes requests to the operator's actions.
//
// Order of refusals: 404 no such path, 405 not with this method, 401 no or wrong token, 415 a body that is
// not JSON. All error answers are problem+json. Any thread.
//
// What takes time is answered 202 with an order, whose state is asked for until it is over. Nothing is
// changed but by POST with a JSON body, which no page of another site can have a browser send.
class Api final : public HttpHandler {
 public:
  // Everything outlives the API. An empty token lets nobody in by token. `balance` and `rules` may be null:
  // nothing is known of balancers then.
  Api(const StatusSource& status, RangeSource& ranges, const observe::MetricRegistry& metrics,
      const observe::Health& health, std::string admin_token, const BalanceSource* balance = nullptr,
      RuleSource* rules = nullptr);

  std::optional<HttpResponse> refuse(const HttpRequest& request) const override;
  HttpResponse handle(const HttpRequest& request) const override;

  static std::span<const RouteInfo> routes();

 private:
  HttpResponse get_status() const;
  HttpResponse get_metrics(const HttpRequest& request) const;
  HttpResponse get_health() const;
  HttpResponse get_ready() const;
  HttpResponse get_balance() const;
  HttpResponse get_view() const;
  HttpResponse get_rules() const;
  HttpResponse get_rule_change(std::string_view id) const;
  HttpResponse change_rule(const HttpRequest& request, bool removes, std::string_view store,
                           std::string_view balancer) const;
  HttpResponse get_order(std::string_view id) const;
  HttpResponse give_order(const HttpRequest& request, RangeOrder::Action action, std::string_view id) const;

  const StatusSource& status_;
  RangeSource& ranges_;
  const observe::MetricRegistry& metrics_;
  const observe::Health& health_;
  const std::string admin_token_;
  const BalanceSource* const balance_;
  RuleSource* const rules_;
};

}  // namespace tenon::admin
