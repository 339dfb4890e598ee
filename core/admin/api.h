#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "admin/caller.h"
#include "admin/http/handler.h"
#include "admin/route.h"

namespace tenon::admin {

// The HTTP API, version 1: routes requests to the operator's actions.
//
// Order of refusals: 404 no such path, 405 not with this method, 401 no or wrong token, 403 a token without
// the role, 415 a body that is not JSON; then 400 a query or a body where none is heard. All error answers
// are problem+json. Any thread.
//
// Nothing is changed but by POST or PUT with a JSON body, or by DELETE, none of which a page of another site
// can have a browser send. The response to one that was let in, or would have been with another role, says by
// whom.
class Api final : public HttpHandler {
 public:
  Api(const ApiParts& parts, TokenBook tokens) : parts_(parts) { set_tokens(std::move(tokens)); }

  std::optional<HttpResponse> refuse(const HttpRequest& request) const override;
  HttpAnswer handle(const HttpRequest& request) const override;
  std::size_t body_bytes_max(const HttpRequest& request, std::size_t usual) const override;
  // Not for what its peer needs no token for: nothing open has use for a body, and anybody could owe one.
  bool wants_body(const HttpRequest& request) const override;

  // Whom the API knows from now on.
  void set_tokens(TokenBook tokens);

  // All routes of all subjects.
  static std::vector<RouteInfo> routes();

 private:
  const ApiParts parts_;
  std::shared_ptr<const TokenBook> tokens() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const TokenBook> tokens_;
};

}  // namespace tenon::admin
