#pragma once

#include "config/settings.h"
#include "service/inbox.h"
#include "session/connection_limits.h"

namespace tenon::node {

// The limits of `mqtt.*` in the words of the folders that keep them.
session::ConnectionLimits connection_limits(const config::MqttLimits& limits);
service::InboxLimits inbox_limits(const config::MqttLimits& limits);

}  // namespace tenon::node
