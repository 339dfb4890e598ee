#pragma once

#include <cstdint>
#include <string_view>

#include "admin/http/message.h"
#include "base/result.h"

namespace tenon::admin {

// An error answer as application/problem+json (RFC 9457): the title is the reason phrase, `detail` one
// sentence that says what is wrong with this request and what to do. Malformed UTF-8 in `detail` becomes
// U+FFFD.
HttpResponse problem(std::uint16_t status, std::string_view detail);

// The same for an action that has failed: not_found is 404, exists 409, busy 503, timed_out 504, internal
// 500, and all others, which make no sense, 400.
HttpResponse problem(const Error& error);

}  // namespace tenon::admin
