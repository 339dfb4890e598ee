#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bin/ctl/endpoint.h"

namespace tenon::ctl {

struct HttpReply {
  std::uint32_t status = 0;
  std::string body;
};

// One request over a connection of its own, with JSON as its body unless that is empty. An empty token sends
// none. Any status code is a success here. Failures: those of connect_to; io and timed_out when the answer
// breaks off or is late; internal when it is not HTTP or is absurdly large.
Result<HttpReply> http_ask(const Endpoint& endpoint, std::string_view method, std::string_view path,
                           std::string_view token, std::string_view json);
Result<HttpReply> http_get(const Endpoint& endpoint, std::string_view path, std::string_view token);
Result<HttpReply> http_post(const Endpoint& endpoint, std::string_view path, std::string_view token,
                            std::string_view json);

}  // namespace tenon::ctl
