#pragma once

#include "config/settings.h"
#include "service/inbox/inbox_replies.h"
#include "session/connection_limits.h"

namespace tenon::node {

// The limits of `mqtt.*` in the words of the folders that keep them.
session::ConnectionLimits connection_limits(const config::MqttLimits& limits);
service::inbox::Limits inbox_limits(const config::MqttLimits& limits);

}  // namespace tenon::node
