#pragma once

#include <optional>

#include "admin/http/message.h"

namespace tenon::admin {

// What answers HTTP requests. Any thread, several at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Called when the header is complete and `request.body` still empty: an answer here spares reading the body
  // of a request that would be refused.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& request) const = 0;

  // The answer to a whole request that was not refused. A HEAD request is answered like GET; its body is not
  // sent.
  virtual HttpResponse handle(const HttpRequest& request) const = 0;
};

}  // namespace tenon::admin
