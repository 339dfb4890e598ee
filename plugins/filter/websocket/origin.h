#pragma once

#include <string_view>

namespace tenon::filter_websocket {

// Whether this is an origin as RFC 6454 section 6.2 has it written: "null", or scheme://host or
// scheme://host:port with nothing behind it; scheme and host in upper or lower case. Or "file://", as
// programs with a browser inside say of their own pages. Pure.
bool is_origin(std::string_view text);

}  // namespace tenon::filter_websocket
