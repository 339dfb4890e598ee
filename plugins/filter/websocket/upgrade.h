#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tenon::filter_websocket {

// The HTTP request that opens a WebSocket (RFC 6455 section 4.2), and what it is answered with. Pure.
struct Upgrade {
  bool ok = false;
  std::string answer;       // the whole HTTP response
  std::string subprotocol;  // ok: the one agreed on
  std::string why;          // not ok
};

// `head` is the request up to and with its empty line; `path` the only one that is served. The client must
// offer the subprotocol "mqtt" or "mqttv3.1". A browser's request says by Origin which page has made it: with
// `origins`, it must be one of these. A request without Origin is no page's.
Upgrade answer_upgrade(std::string_view head, std::string_view path, std::span<const std::string> origins);

// The answer to a request whose head is too long.
Upgrade refuse_long_head();

}  // namespace tenon::filter_websocket
