#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "admin/http/message.h"

namespace tenon::admin {

// Takes a response, once; any thread.
using HttpDone = std::function<void(HttpResponse&& response)>;
// Makes a response: run() is called once, on the connection's thread, and gives it to `done` at once or
// later. Whoever waits may lose patience and answer for it.
struct HttpWork {
  std::function<void(HttpDone done)> run;
  std::string by = {};  // of the response, as HttpResponse::by
};
// What a request is answered with: a response, or work that makes it.
using HttpAnswer = std::variant<HttpResponse, HttpWork>;

// What answers HTTP requests. Any thread, several at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Called when the header is complete and `request.body` still empty: an answer here spares reading the body
  // of a request that would be refused.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& request) const = 0;

  // The largest body that such a request may have, whoever sends it; `usual` is what others may. No more than
  // HttpLimits::any_body_bytes_max.
  virtual std::size_t body_bytes_max(const HttpRequest&, std::size_t usual) const { return usual; }

  // Whether the body of such a request, which was not refused, is waited for. One that is not is answered
  // without it, and the connection ends behind the answer.
  virtual bool wants_body(const HttpRequest&) const { return true; }

  // The answer to a request that was not refused, with all of the body that is wanted. A HEAD request is
  // answered like GET; its body is not sent.
  virtual HttpAnswer handle(const HttpRequest& request) const = 0;
};

}  // namespace tenon::admin
