#pragma once

#include <string>

#include "admin/session_source.h"

namespace tenon::admin {

// The answers of the actions about sessions, as the OpenAPI document describes them. Pure. Client ids,
// filters and the like are UTF-8, as MQTT has them.
std::string page_json(const SessionPage& page);
std::string detail_json(const SessionDetail& detail);
std::string kicked_json(const Kicked& kicked);
std::string ended_json(const EndedSession& ended);
std::string routes_json(const RoutePage& page);

}  // namespace tenon::admin
