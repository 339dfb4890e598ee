#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "service/message_form.h"

namespace tenon::service::retain {

// Views of its arguments.
inline StoredMessage message(std::string_view topic, std::string_view payload, UnixMs expires_at_ms = 0) {
  StoredMessage stored;
  stored.view.topic = topic;
  stored.view.payload = as_bytes(payload);
  stored.view.expires_at_ms = expires_at_ms;
  stored.view.retain = true;
  return stored;
}

}  // namespace tenon::service::retain
