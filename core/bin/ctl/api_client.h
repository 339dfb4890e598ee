#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bin/ctl/arguments.h"
#include "bin/ctl/endpoint.h"
#include "bin/ctl/http_client.h"
#include "bin/ctl/run.h"

namespace tenon::ctl {

// What was answered is not what this program knows of the API.
Error unknown_answer();

// The broker that the command line and the environment mean, with the token for it.
class ApiClient {
 public:
  // invalid: the endpoint makes no sense; denied: the token's file can't be read.
  static Result<ApiClient> choose(const Arguments& arguments, const Environment& environment);

  // The body of the answer if it has the status 200, or 202 to post(). Failures: those of http_get and
  // http_post; with what the broker says, denied, not_found
  // (404), exists (409), busy (429, 503 and 504) and internal.
  Result<std::string> get(std::string_view path) const;
  Result<std::string> post(std::string_view path, std::string_view json) const;
  // The body of any answer below 300; without a body of its own if `json` is empty.
  Result<std::string> ask(std::string_view method, std::string_view path, std::string_view json) const;

 private:
  ApiClient(Endpoint endpoint, std::string token)
      : endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  Result<std::string> body_of(Result<HttpReply>&& reply, std::uint32_t status) const;

  Endpoint endpoint_;
  std::string token_;
};

}  // namespace tenon::ctl
