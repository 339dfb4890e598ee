#pragma once

#include <string>

#include "admin/http/message.h"
#include "base/clock.h"

namespace tenon::admin {

struct ResponseShape {
  enum class Body : std::uint8_t { sent, left_out };          // left out: the answer to HEAD
  enum class Link : std::uint8_t { kept, kept_1_0, closed };  // what becomes of the connection
  Body body = Body::sent;
  Link link = Link::kept;
};

// Appends the response as HTTP/1.1 bytes. Line ends in field values are left out, so that no value can end
// the header. Nothing is to be cached, unless the response has a Cache-Control of its own. Pure.
void append_response(std::string& out, const HttpResponse& response, ResponseShape shape, UnixMs now);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(UnixMs time);

}  // namespace tenon::admin
